import { closeSync } from "node:fs";
import { AdapterError, errnoError } from "../error.ts";
import type { Libc } from "../functions.ts";
import { decodeMessages, type Reply } from "./decode.ts";
import { encodeMessage, NLM_F_ACK, NLM_F_DUMP, type Request } from "./encode.ts";

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const NETLINK_GET_STRICT_CHK = 12;
const EINTR = 4;
const EAGAIN = 11;

const limits = {
  /** The kernel answers in microseconds; this is reached only when another holds its lock. */
  answerSeconds: 2,
  /** More than the kernel puts into one datagram of a dump (32 KiB). */
  datagramBytes: 65_536,
};

/** Answers are taken out of it before anything else runs, so all sockets share it. */
const datagram = Buffer.allocUnsafeSlow(limits.datagramBytes);

export const netlinkFamily = { route: 0, sockets: 4, netfilter: 12 } as const;

/** One part of an answer. */
export interface Answer {
  readonly type: number;
  readonly payload: Buffer;
}

/**
 * A netlink socket of the network namespace this thread is in when it is opened, and of that one for ever.
 * The kernel does the work inside send(2), and the answer is there when it returns.
 */
export interface NetlinkSocket {
  /**
   * Sends all requests in one datagram; the kernel performs them in order, each by itself, and each must succeed
   * unless its errno's name is listed in `tolerate`. Returns what the requests for data brought.
   */
  exchange(requests: readonly Request[], tolerate?: readonly string[]): Answer[];
  /** The same by another thread, for what the kernel takes long for. Nothing else may use the socket meanwhile. */
  exchangeAside(requests: readonly Request[], tolerate?: readonly string[]): Promise<Answer[]>;
  close(): void;
}

export function openNetlink(libc: Libc, family: number): NetlinkSocket {
  let fd = libc.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, family);
  if (fd < 0) throw errnoError("open netlink socket", libc.errno());
  const timeout = new BigInt64Array([BigInt(limits.answerSeconds), 0n]);
  libc.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, timeout, timeout.byteLength);
  for (const option of [NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK]) {
    libc.setsockopt(fd, SOL_NETLINK, option, new Int32Array([1]), 4); // Better messages; older kernels do without.
  }
  let sequence = 0;

  return {
    exchange(requests, tolerate = []) {
      const { pending, message } = encode(requests);
      expectSent(libc.send(fd, message, message.length, 0), libc.errno, message, requests);
      return collect(pending, tolerate);
    },
    async exchangeAside(requests, tolerate = []) {
      const { pending, message } = encode(requests);
      const { result, errno } = await libc.aside(libc.send, fd, message, message.length, 0);
      expectSent(result, () => errno, message, requests);
      return collect(pending, tolerate);
    },
    close() {
      if (fd >= 0) closeSync(fd);
      fd = -1;
    },
  };

  function encode(requests: readonly Request[]): { pending: Map<number, Request>; message: Buffer } {
    const pending = new Map<number, Request>();
    const messages = requests.map((request) => {
      sequence = (sequence + 1) >>> 0;
      const isDump = (request.flags & NLM_F_DUMP) === NLM_F_DUMP;
      pending.set(sequence, request);
      return encodeMessage(isDump ? request : { ...request, flags: request.flags | NLM_F_ACK }, sequence);
    });
    return { pending, message: Buffer.concat(messages) };
  }

  function collect(pending: Map<number, Request>, tolerate: readonly string[]): Answer[] {
    const answers: Answer[] = [];
    let failure: AdapterError | undefined;
    while (pending.size > 0) {
      for (const reply of receive(pending)) {
        const request = pending.get(reply.sequence);
        if (!request) continue; // Late answer to a request that ran into the time limit.
        if (reply.kind === "data") {
          answers.push({ type: reply.type, payload: Buffer.from(reply.payload) });
          continue;
        }
        pending.delete(reply.sequence);
        const error = failureOf(request, reply);
        if (error && !tolerate.includes(error.code)) failure ??= error;
      }
    }
    if (failure) throw failure;
    return answers;
  }

  function receive(pending: ReadonlyMap<number, Request>): Reply[] {
    for (;;) {
      const bytes = libc.recv(fd, datagram, datagram.length, 0);
      if (bytes >= 0) return decodeMessages(datagram.subarray(0, bytes));
      const errno = libc.errno();
      if (errno === EINTR) continue;
      const [waiting] = pending.values();
      const action = waiting?.action ?? "receive from netlink";
      if (errno !== EAGAIN) throw errnoError(action, errno);
      throw new AdapterError(
        action,
        "ETIMEDOUT",
        `the kernel did not answer within ${limits.answerSeconds} s`,
      );
    }
  }
}

function expectSent(sent: number, errno: () => number, message: Buffer, requests: readonly Request[]): void {
  if (sent !== message.length) throw errnoError(requests[0]?.action ?? "send to netlink", errno());
}

function failureOf(request: Request, reply: Exclude<Reply, { kind: "data" }>): AdapterError | undefined {
  if (reply.errno === 0) return undefined;
  return errnoError(request.action, reply.errno, reply.kind === "ack" ? reply.detail : undefined);
}

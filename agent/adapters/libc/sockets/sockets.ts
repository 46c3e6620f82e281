import { loadLibc } from "../functions.ts";
import { decodeAttributes } from "../netlink/decode.ts";
import { NLM_F_DUMP, type Request } from "../netlink/encode.ts";
import { type Answer, netlinkFamily, openNetlink } from "../netlink/socket.ts";
import { createNetnsVisitor } from "../network/netns.ts";
import type { Sockets, TcpSocket } from "./types.ts";

/** linux/sock_diag.h, linux/inet_diag.h */
const SOCK_DIAG_BY_FAMILY = 20;
const AF_INET = 2;
const AF_INET6 = 10;
const IPPROTO_TCP = 6;
const INET_DIAG_INFO = 2;
const state = { established: 1, closeWait: 8, listen: 10 };
const requestBytes = 56;
/** struct inet_diag_msg: where its fields begin, and where it ends. */
const at = { state: 1, port: 4, source: 8, destination: 24, unread: 56, unsent: 60, end: 72 };
/** struct tcp_info: times in milliseconds, by the kernel's ticks; counts of segments with data (since Linux 4.6). */
const info = { sentAgo: 44, receivedAgo: 52, received: 152, sent: 156, bytes: 160 };

/** By sock_diag: one dump a family, made inside the namespace. */
export function createSockets(): Sockets {
  const libc = loadLibc();
  const visitor = createNetnsVisitor(libc);
  return {
    async listTcp(netnsFile) {
      return visitor.enter(netnsFile, () => {
        const socket = openNetlink(libc, netlinkFamily.sockets);
        try {
          return [AF_INET, AF_INET6].flatMap((family) => socket.exchange([dump(family)]).flatMap(readSocket));
        } finally {
          socket.close();
        }
      });
    },
    close: () => visitor.close(),
  };
}

function dump(family: number): Request {
  const payload = Buffer.alloc(requestBytes);
  payload[0] = family;
  payload[1] = IPPROTO_TCP;
  payload[2] = 1 << (INET_DIAG_INFO - 1);
  payload.writeUInt32LE((1 << state.established) | (1 << state.closeWait) | (1 << state.listen), 4);
  return { action: "list TCP sockets", type: SOCK_DIAG_BY_FAMILY, flags: NLM_F_DUMP, payload };
}

function readSocket({ payload }: Answer): TcpSocket[] {
  const port = payload.readUInt16BE(at.port);
  if (payload[at.state] === state.listen) return [{ kind: "listening", port }];
  const tcp = decodeAttributes(payload.subarray(at.end)).get(INET_DIAG_INFO);
  if (tcp === undefined || tcp.length < info.bytes) return [];
  return [
    {
      kind: "connected",
      port,
      isInside: isInside(payload),
      unreadBytes: payload.readUInt32LE(at.unread),
      unsentBytes: payload.readUInt32LE(at.unsent),
      hasReceived: tcp.readUInt32LE(info.received) > 0,
      hasSent: tcp.readUInt32LE(info.sent) > 0,
      receivedAgoMs: tcp.readUInt32LE(info.receivedAgo),
      sentAgoMs: tcp.readUInt32LE(info.sentAgo),
    },
  ];
}

function isInside(payload: Buffer): boolean {
  const source = payload.subarray(at.source, at.source + 16);
  const peer = payload.subarray(at.destination, at.destination + 16);
  const isMapped = peer.subarray(0, 12).equals(mappedPrefix);
  const isLoopback = payload[0] === AF_INET ? peer[0] === 127 : isMapped && peer[12] === 127;
  return isLoopback || source.equals(peer);
}

/** Of an IPv4 address in an IPv6 socket (RFC 4291, 2.5.5.2). */
const mappedPrefix = Buffer.from("00000000000000000000ffff", "hex");

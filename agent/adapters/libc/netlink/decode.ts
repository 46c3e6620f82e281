import { align } from "./encode.ts";

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_CAPPED = 0x100;
const NLM_F_ACK_TLVS = 0x200;
const NLMSGERR_ATTR_MSG = 1;
const TYPE_MASK = 0x3fff;

/** `errno` 0 acknowledges a request; `done` ends a dump; `data` is part of an answer. */
export type Reply =
  | { readonly kind: "ack"; readonly sequence: number; readonly errno: number; readonly detail?: string }
  | { readonly kind: "done"; readonly sequence: number; readonly errno: number }
  | { readonly kind: "data"; readonly sequence: number; readonly type: number; readonly payload: Buffer };

/** Splits one datagram into its messages. The payloads are views of it: copy what shall outlive the next receive. */
export function decodeMessages(datagram: Buffer): Reply[] {
  const replies: Reply[] = [];
  for (let at = 0; at + 16 <= datagram.length; ) {
    const length = datagram.readUInt32LE(at);
    if (length < 16 || at + length > datagram.length) break;
    replies.push(decodeMessage(datagram.subarray(at, at + length)));
    at += align(length);
  }
  return replies;
}

function decodeMessage(message: Buffer): Reply {
  const type = message.readUInt16LE(4);
  const flags = message.readUInt16LE(6);
  const sequence = message.readUInt32LE(8);
  const errno = message.length >= 20 ? Math.abs(message.readInt32LE(16)) : 0;
  if (type === NLMSG_DONE) return { kind: "done", sequence, errno };
  if (type !== NLMSG_ERROR) return { kind: "data", sequence, type, payload: message.subarray(16) };
  const detail =
    (flags & NLM_F_ACK_TLVS) !== 0 ? errorText(message, (flags & NLM_F_CAPPED) !== 0) : undefined;
  return { kind: "ack", sequence, errno, ...(detail && { detail }) };
}

/** What the kernel says beyond the number. Behind the errno stands the request: its header alone when capped. */
function errorText(message: Buffer, isCapped: boolean): string | undefined {
  if (message.length < 36) return undefined;
  const start = 20 + (isCapped ? 16 : align(message.readUInt32LE(20)));
  return decodeAttributes(message.subarray(start))
    .get(NLMSGERR_ATTR_MSG)
    ?.toString("utf8")
    .replace(/\0.*$/, "");
}

/** The attributes of a message or of a nested attribute, by type; of repeated ones the last. */
export function decodeAttributes(bytes: Buffer): Map<number, Buffer> {
  const attributes = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt16LE(at);
    if (length < 4 || at + length > bytes.length) break;
    attributes.set(bytes.readUInt16LE(at + 2) & TYPE_MASK, bytes.subarray(at + 4, at + length));
    at += align(length);
  }
  return attributes;
}

/**
 * Building blocks of netlink messages (RFC 3549, linux/netlink.h): integers in the machine's byte order, which is
 * little-endian wherever Node runs; everything padded to 4 bytes.
 */
export const NLM_F_REQUEST = 0x1;
export const NLM_F_ACK = 0x4;
export const NLM_F_DUMP = 0x300;
export const NLM_F_REPLACE = 0x100;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;
const NLA_F_NESTED = 0x8000;

/** A request without its sequence number, which the socket gives it. */
export interface Request {
  /** What it does and to what, for errors: `create link c1`. */
  readonly action: string;
  readonly type: number;
  readonly flags: number;
  readonly payload: Buffer;
}

export function encodeMessage(request: Request, sequence: number): Buffer {
  const message = Buffer.alloc(align(16 + request.payload.length));
  message.writeUInt32LE(16 + request.payload.length, 0);
  message.writeUInt16LE(request.type, 4);
  message.writeUInt16LE(request.flags | NLM_F_REQUEST, 6);
  message.writeUInt32LE(sequence, 8);
  request.payload.copy(message, 16);
  return message;
}

export function attribute(type: number, value: Buffer): Buffer {
  const encoded = Buffer.alloc(align(4 + value.length));
  encoded.writeUInt16LE(4 + value.length, 0);
  encoded.writeUInt16LE(type, 2);
  value.copy(encoded, 4);
  return encoded;
}

export function nested(type: number, ...attributes: readonly Buffer[]): Buffer {
  return attribute(type | NLA_F_NESTED, Buffer.concat(attributes));
}

export function u32(value: number): Buffer {
  const encoded = Buffer.alloc(4);
  encoded.writeUInt32LE(value);
  return encoded;
}

/** A string with the zero byte at its end. */
export function text(value: string): Buffer {
  return Buffer.from(`${value}\0`);
}

export function ipv4(address: string): Buffer {
  return Buffer.from(address.split(".").map(Number));
}

export function mac(address: string): Buffer {
  return Buffer.from(address.replaceAll(":", ""), "hex");
}

export function align(bytes: number): number {
  return (bytes + 3) & ~3;
}

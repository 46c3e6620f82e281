import type { TcpSocket } from "./types.ts";

const bounds = {
  /** An answer may come in parts: this long after the last one it counts as whole. */
  pauseMs: 20,
  /** Who has said nothing for longer is not waited for: many protocols let the client have the last word. */
  silentMs: 30_000,
};

/**
 * Whether somebody outside waits for an instance's answer: on a connection to a port it listens at, data came after
 * what was sent last, or what was sent has not all arrived, or is so fresh that more may follow. What the connections
 * carry is not read: a client that is silent after an answer keeps nobody waiting, one with the last word may.
 */
export function owesAnswer(sockets: readonly TcpSocket[]): boolean {
  const ports = new Set(sockets.flatMap((socket) => (socket.kind === "listening" ? [socket.port] : [])));
  return sockets.some((socket) => {
    if (socket.kind !== "connected" || socket.isInside || !ports.has(socket.port)) return false;
    const { unreadBytes, unsentBytes, hasReceived, hasSent, receivedAgoMs, sentAgoMs } = socket;
    const lastAgoMs = Math.min(receivedAgoMs, sentAgoMs);
    if (lastAgoMs > bounds.silentMs) return false;
    // Both fall into one tick where a request comes right behind the connection or its answer right behind it.
    const isUnanswered = hasSent ? receivedAgoMs < sentAgoMs : hasReceived;
    return isUnanswered || unreadBytes > 0 || unsentBytes > 0 || lastAgoMs < bounds.pauseMs;
  });
}

import type { Socket } from "node:net";
import { AdapterError, errnoError } from "../error.ts";
import { loadLibc } from "../functions.ts";

const SOL_SOCKET = 1;
const SO_PEERCRED = 17;

/** Who opened the other end of a unix socket, as the kernel recorded it at connect(2). */
export interface UnixPeer {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Reads the peer of an accepted unix socket: unix(7), SO_PEERCRED. There is no command-line twin: no tool can say it.
 * The pid may have ended since and may be another's by now; authorize by uid and gid.
 * Throws EBADF once the connection is closed and EINVAL for a socket of another family.
 */
export function readUnixPeer(socket: Socket): UnixPeer {
  const action = "read peer of unix socket";
  const fd = descriptorOf(socket);
  if (fd === undefined) throw new AdapterError(action, "EBADF", "the connection is closed");
  const libc = loadLibc();
  const credentials = new Int32Array(3);
  const size = new Uint32Array([credentials.byteLength]);
  if (libc.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, size) !== 0) {
    throw errnoError(action, libc.errno());
  }
  const [pid, uid, gid] = credentials as unknown as [number, number, number];
  // For TCP and UDP the kernel answers too, with nobody: pid 0, uid and gid -1.
  if (pid === 0 && uid === -1) throw new AdapterError(action, "EINVAL", "not a unix socket");
  return { pid, uid: uid >>> 0, gid: gid >>> 0 };
}

/** Node keeps the descriptor on its internal handle; it has no public accessor for it. */
function descriptorOf(socket: Socket): number | undefined {
  const handle = (socket as Socket & { _handle?: { fd?: number } | null })._handle;
  return handle?.fd !== undefined && handle.fd >= 0 ? handle.fd : undefined;
}

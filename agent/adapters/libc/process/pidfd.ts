import { errnoError } from "../error.ts";
import type { Libc } from "../functions.ts";

// The same numbers on every architecture (added after the kernel unified its system call tables).
const SYS_PIDFD_SEND_SIGNAL = 424;
const SYS_PIDFD_OPEN = 434;

/** A descriptor that stands for one process, never for a later one with its pid; readable once it has ended. ESRCH when gone. */
export function openPidfd(libc: Libc, pid: number): number {
  const fd = libc.syscall(SYS_PIDFD_OPEN, pid, 0, 0, 0);
  if (fd < 0) throw errnoError(`open process ${pid}`, libc.errno());
  return fd;
}

/** Throws ESRCH when the process has ended and EPERM when it may not be signalled. */
export function signalPidfd(libc: Libc, pidfd: number, signal: number): void {
  if (libc.syscall(SYS_PIDFD_SEND_SIGNAL, pidfd, signal, 0, 0) !== 0) {
    throw errnoError(`send signal ${signal}`, libc.errno());
  }
}

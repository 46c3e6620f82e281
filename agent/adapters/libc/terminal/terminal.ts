import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { ReadStream } from "node:tty";
import { codeOf, errnoError } from "../error.ts";
import { type Libc, loadLibc } from "../functions.ts";

const TIOCGPTN = 0x80045430;
const TIOCSPTLCK = 0x40045431;
const TIOCSWINSZ = 0x5414;
const O_PATH = 0o10000000;
/** Of the programs' ends of pseudo-terminals. */
const ptsMajors = { first: 136, last: 143 };

/** The master's end of a pseudo-terminal. */
export interface Terminal {
  /** What the program prints, and where its input goes. Ends, or fails with EIO, once nobody has the other end open. */
  readonly stream: ReadStream;
  /** The program's end: give it to a child as 0, 1 and 2, then close it here. */
  readonly programFd: number;
}

/** Opens a pseudo-terminal by /dev/ptmx. Throws EMFILE, ENOSPC (too many terminals), EIO. */
export function openTerminal(columns: number, rows: number): Terminal {
  const libc = loadLibc();
  const master = openSync("/dev/ptmx", constants.O_RDWR | constants.O_NOCTTY);
  try {
    control(libc, master, TIOCSPTLCK, new Int32Array([0]));
    const number = new Int32Array(1);
    control(libc, master, TIOCGPTN, number);
    resize(libc, master, columns, rows);
    const programFd = openSync(`/dev/pts/${number[0]}`, constants.O_RDWR | constants.O_NOCTTY);
    return { stream: new ReadStream(master), programFd };
  } catch (error) {
    closeSync(master);
    throw error;
  }
}

/**
 * Sets the size of the terminal that a process has as its standard input, in whatever mount namespace; the kernel
 * tells its foreground processes. False where that is no terminal, or the process is gone.
 */
export function resizeTerminalOf(pid: number, columns: number, rows: number): boolean {
  let place: number | undefined;
  let terminal: number | undefined;
  try {
    // Looked at before it is opened: a process may put any device there, and opening some has effects.
    place = openSync(`/proc/${pid}/fd/0`, O_PATH);
    if (!isPseudoTerminal(place)) return false;
    terminal = openSync(
      `/proc/self/fd/${place}`,
      constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK,
    );
    resize(loadLibc(), terminal, columns, rows);
    return true;
  } catch (error) {
    if (["ENOENT", "ESRCH", "EIO"].includes(codeOf(error) ?? "")) return false;
    throw error;
  } finally {
    for (const fd of [place, terminal]) if (fd !== undefined) closeSync(fd);
  }
}

function isPseudoTerminal(fd: number): boolean {
  const found = fstatSync(fd);
  const major = (found.rdev >> 8) & 0xfff;
  return found.isCharacterDevice() && major >= ptsMajors.first && major <= ptsMajors.last;
}

/** struct winsize: rows, columns, and two sizes in pixels that nobody knows. */
function resize(libc: Libc, master: number, columns: number, rows: number): void {
  control(libc, master, TIOCSWINSZ, new Uint16Array([rows, columns, 0, 0]));
}

function control(libc: Libc, fd: number, request: number, argument: Int32Array | Uint16Array): void {
  if (libc.ioctl(fd, request, argument) !== 0) throw errnoError("control pseudo-terminal", libc.errno());
}

import { closeSync, constants, openSync } from "node:fs";
import { ReadStream } from "node:tty";
import { errnoError } from "../error.ts";
import { type Libc, loadLibc } from "../functions.ts";

const TIOCGPTN = 0x80045430;
const TIOCSPTLCK = 0x40045431;
const TIOCSWINSZ = 0x5414;

/** The master's end of a pseudo-terminal. */
export interface Terminal {
  /** What the program prints, and where its input goes. Ends, or fails with EIO, once nobody has the other end open. */
  readonly stream: ReadStream;
  /** The program's end: give it to a child as 0, 1 and 2, then close it here. */
  readonly programFd: number;
  /** The kernel tells the terminal's foreground processes by SIGWINCH. */
  resize(columns: number, rows: number): void;
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
    const stream = new ReadStream(master);
    return {
      stream,
      programFd,
      resize(wide, high) {
        if (!stream.destroyed) resize(libc, master, wide, high);
      },
    };
  } catch (error) {
    closeSync(master);
    throw error;
  }
}

/** struct winsize: rows, columns, and two sizes in pixels that nobody knows. */
function resize(libc: Libc, master: number, columns: number, rows: number): void {
  control(libc, master, TIOCSWINSZ, new Uint16Array([rows, columns, 0, 0]));
}

function control(libc: Libc, fd: number, request: number, argument: Int32Array | Uint16Array): void {
  if (libc.ioctl(fd, request, argument) !== 0) throw errnoError("control pseudo-terminal", libc.errno());
}

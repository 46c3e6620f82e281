import { readFileSync } from "node:fs";
import { endianness } from "node:os";
import { errnoError } from "./error.ts";
import { loadLibc } from "./functions.ts";

const CLOCK_BOOTTIME = 7;

/**
 * Milliseconds since the machine's boot on CLOCK_BOOTTIME, which goes on while the machine sleeps and which nobody can
 * set; the same for every process of the machine.
 */
export function readBootClock(): number {
  const libc = loadLibc();
  const time = Buffer.alloc(16); // struct timespec on 64-bit machines: seconds, nanoseconds
  if (libc.clockGettime(CLOCK_BOOTTIME, time) !== 0) throw errnoError("read the boot clock", libc.errno());
  const at = (offset: number) =>
    Number(endianness() === "LE" ? time.readBigInt64LE(offset) : time.readBigInt64BE(offset));
  return at(0) * 1000 + at(8) / 1e6;
}

/** Another one after each boot: a time of the boot clock means something only with it. */
export function readBootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}

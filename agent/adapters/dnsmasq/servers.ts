import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { parseStartTime } from "../libc/index.ts";

/** A running dnsmasq of ours. */
export interface Server {
  readonly pid: number;
  readonly startTime: string;
  /** The configuration it was started with. */
  readonly config: string;
}

/**
 * Every dnsmasq that was started with a configuration from this folder, oldest pid first. Asked of the kernel, so that
 * nothing must be remembered; about 10 microseconds a process of the machine, and needed only at starts.
 */
export function findServers(folder: string): Server[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).flatMap((pid) => look(pid, `--conf-file=${folder}/`));
}

function look(pid: number, argumentStart: string): Server[] {
  try {
    const [program = "", ...args] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    const argument = args.find((text) => text.startsWith(argumentStart));
    if (basename(program) !== "dnsmasq" || argument === undefined) return [];
    const startTime = parseStartTime(readFileSync(`/proc/${pid}/stat`, "utf8"));
    if (startTime === undefined) return [];
    return [{ pid, startTime, config: argument.slice("--conf-file=".length) }];
  } catch {
    return []; // It ended while we looked.
  }
}

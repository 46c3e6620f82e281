import { basename, dirname } from "node:path";
import { findProcesses, type ProcessIdentity } from "../libc/index.ts";

/** A running dnsmasq of ours. */
export interface Server extends ProcessIdentity {
  /** The configuration it was started with. */
  readonly config: string;
}

const option = "--conf-file=";

/** Every dnsmasq that was started with a configuration from this folder, oldest pid first; needed only at starts. */
export function findServers(folder: string): Server[] {
  const configOf = (argv: readonly string[]) =>
    argv.find((text) => text.startsWith(option) && dirname(text.slice(option.length)) === folder);
  const found = findProcesses(
    (argv) => basename(argv[0] ?? "") === "dnsmasq" && configOf(argv) !== undefined,
  );
  return found.map(({ pid, startTime, argv }) => ({
    pid,
    startTime,
    config: (configOf(argv) ?? "").slice(option.length),
  }));
}

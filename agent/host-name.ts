import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConstellationError } from "../contract/index.ts";
import { setAside } from "./lib/set-aside.ts";

export interface HostNameOptions {
  readonly machineName?: string;
  /** The hosts this machine may have been, where its own word for it is lost: none on a new machine. */
  readonly recorded: () => Promise<readonly string[]>;
  /** The kept name cannot be read and is now in this file. */
  readonly onUnreadable: (file: string) => void;
}

/**
 * This machine's name in the cluster, a DNS label. Taken from the machine's own at the agent's first start and then
 * kept in the state folder: placements and ranges name the host by it, so a machine that is renamed stays the same host,
 * and one whose kept name is lost is the host that is recorded. Throws `host-unfit` where that may be several: another
 * host's name would make its instances that one's.
 */
export async function keepHostName(stateDir: string, options: HostNameOptions): Promise<string> {
  const { machineName = readMachineName(), recorded, onUnreadable } = options;
  const file = join(stateDir, "host-name");
  const kept = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (isHostName(kept)) return kept.trim();
  const name = chooseHostName(hostNameOf(machineName), await recorded(), file);
  if (existsSync(file)) onUnreadable(setAside(file));
  writeHostName(stateDir, name);
  return name;
}

/** Names a new machine before its agent's first start; one that has a name, or was a host before, keeps it. */
export function nameNewHost(stateDir: string, name: string): void {
  if (["host-name", "etcd"].some((kept) => existsSync(join(stateDir, kept)))) return;
  writeHostName(stateDir, hostNameOf(name));
}

export function writeHostName(stateDir: string, name: string): void {
  const file = join(stateDir, "host-name");
  mkdirSync(stateDir, { recursive: true });
  writeFileSync(`${file}.new`, `${name}\n`, { flush: true });
  renameSync(`${file}.new`, file);
}

function chooseHostName(machineName: string, recorded: readonly string[], file: string): string {
  const [first, ...others] = recorded;
  if (first === undefined || recorded.includes(machineName)) return machineName;
  if (others.length === 0) return first;
  throw new ConstellationError(
    "host-unfit",
    `read ${file}: it holds no host's name; write this machine's into it, which is one of ${recorded.join(", ")}`,
  );
}

function isHostName(text: string): boolean {
  return text.trim() !== "" && hostNameOf(text) === text.trim();
}

/** As a DNS label: `Web_1.example.org` is `web-1`. */
export function hostNameOf(text: string): string {
  const label = (text.trim().split(".")[0] ?? "").toLowerCase().replace(/[^a-z0-9-]+/g, "-");
  return label.slice(0, 63).replace(/^-+|-+$/g, "") || "host";
}

function readMachineName(): string {
  return readFileSync("/proc/sys/kernel/hostname", "utf8");
}

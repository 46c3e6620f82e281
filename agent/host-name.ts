import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setAside } from "./lib/set-aside.ts";

/**
 * This machine's name in the cluster, a DNS label. Taken from the machine's own at the agent's first start and then
 * kept in the state folder: placements and ranges name the host by it, so a machine that is renamed stays the same host.
 * A file that holds no such name is set aside, which `onUnreadable` is told.
 */
export function keepHostName(
  stateDir: string,
  onUnreadable: (file: string) => void,
  machineName = readMachineName(),
): string {
  const file = join(stateDir, "host-name");
  if (existsSync(file) && !isHostName(readFileSync(file, "utf8"))) onUnreadable(setAside(file));
  if (!existsSync(file)) {
    mkdirSync(stateDir, { recursive: true });
    writeFileSync(`${file}.new`, `${hostNameOf(machineName)}\n`, { flush: true });
    renameSync(`${file}.new`, file);
  }
  return hostNameOf(readFileSync(file, "utf8"));
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

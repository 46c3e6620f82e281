import { ConstellationError, capabilityNames } from "../../../contract/index.ts";

/** What Docker gives a container: enough for servers that bind low ports and change users, nothing over the host. */
const usual = [
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "NET_RAW",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
] as const;

/**
 * The capabilities of a container, sorted, with their `CAP_`: the usual ones less `drop` plus `add`.
 * Throws `invalid` with the name of the first one nobody knows.
 */
export function capabilitySet(changes: {
  readonly add: readonly string[];
  readonly drop: readonly string[];
}): string[] {
  const dropped = expand(changes.drop);
  const kept = usual.filter((name) => !dropped.has(name));
  return [...new Set([...kept, ...expand(changes.add)])].map((name) => `CAP_${name}`).sort();
}

function expand(names: readonly string[]): Set<string> {
  return new Set(names.flatMap((name) => (bare(name) === "ALL" ? capabilityNames : [check(name)])));
}

function check(name: string): string {
  const found = capabilityNames.find((one) => one === bare(name));
  if (found !== undefined) return found;
  throw new ConstellationError("invalid", `no capability is called ${name}; see capabilities(7)`);
}

function bare(name: string): string {
  return name.toUpperCase().replace(/^CAP_/, "");
}

import { bareCapability, ConstellationError, capabilityNames } from "../../../contract/index.ts";

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
 * The capabilities of a container, sorted, with their `CAP_`: the usual ones less `drop` plus `add`, as far as the
 * machine has them. Throws `invalid` with the name of the first one nobody knows, or that is asked for by name and
 * `missing` here.
 */
export function capabilitySet(
  changes: { readonly add: readonly string[]; readonly drop: readonly string[] },
  missing: readonly string[] = [],
): string[] {
  const dropped = expand(changes.drop);
  const kept = usual.filter((name) => !dropped.has(name));
  const lacked = changes.add.map(bareCapability).find((name) => missing.includes(name));
  if (lacked !== undefined) {
    const message = `this machine has no capability ${lacked} to give; take it from security.capabilities.add`;
    throw new ConstellationError("invalid", message);
  }
  return [...new Set([...kept, ...expand(changes.add)])]
    .filter((name) => !missing.includes(name))
    .map((name) => `CAP_${name}`)
    .sort();
}

function expand(names: readonly string[]): Set<string> {
  return new Set(names.flatMap((name) => (bareCapability(name) === "ALL" ? capabilityNames : [check(name)])));
}

function check(name: string): string {
  const found = capabilityNames.find((one) => one === bareCapability(name));
  if (found !== undefined) return found;
  throw new ConstellationError("invalid", `no capability is called ${name}; see capabilities(7)`);
}

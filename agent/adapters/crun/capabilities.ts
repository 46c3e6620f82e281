import { ConstellationError } from "../../../contract/index.ts";

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

/** capabilities(7), in order of their numbers. */
const known = [
  "CHOWN",
  "DAC_OVERRIDE",
  "DAC_READ_SEARCH",
  "FOWNER",
  "FSETID",
  "KILL",
  "SETGID",
  "SETUID",
  "SETPCAP",
  "LINUX_IMMUTABLE",
  "NET_BIND_SERVICE",
  "NET_BROADCAST",
  "NET_ADMIN",
  "NET_RAW",
  "IPC_LOCK",
  "IPC_OWNER",
  "SYS_MODULE",
  "SYS_RAWIO",
  "SYS_CHROOT",
  "SYS_PTRACE",
  "SYS_PACCT",
  "SYS_ADMIN",
  "SYS_BOOT",
  "SYS_NICE",
  "SYS_RESOURCE",
  "SYS_TIME",
  "SYS_TTY_CONFIG",
  "MKNOD",
  "LEASE",
  "AUDIT_WRITE",
  "AUDIT_CONTROL",
  "SETFCAP",
  "MAC_OVERRIDE",
  "MAC_ADMIN",
  "SYSLOG",
  "WAKE_ALARM",
  "BLOCK_SUSPEND",
  "AUDIT_READ",
  "PERFMON",
  "BPF",
  "CHECKPOINT_RESTORE",
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
  return new Set(names.flatMap((name) => (bare(name) === "ALL" ? known : [check(name)])));
}

function check(name: string): string {
  const found = known.find((one) => one === bare(name));
  if (found !== undefined) return found;
  throw new ConstellationError("invalid", `no capability is called ${name}; see capabilities(7)`);
}

function bare(name: string): string {
  return name.toUpperCase().replace(/^CAP_/, "");
}

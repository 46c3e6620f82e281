import { readdir, readFile, readlink } from "node:fs/promises";
import { basename } from "node:path";
import { parseListeners } from "./listeners.ts";

interface PortProbe {
  holder(protocol: "tcp" | "udp", port: number, hostIp?: string): Promise<string | undefined>;
}

/**
 * Finds the process that listens on a port, by name and pid where /proc tells; the agent itself does not count.
 * The network namespace is that of the thread which opens the file: Node's threads for files stay in the agent's,
 * also while its main thread visits an instance's.
 */
export function createPortProbe(proc = "/proc"): PortProbe {
  return {
    async holder(protocol, port, hostIp) {
      for (const table of [protocol, `${protocol}6`]) {
        const text = await readFile(`${proc}/thread-self/net/${table}`, "utf8").catch(() => ""); // No IPv6: no such table.
        const listeners = parseListeners(text, protocol).filter(
          (entry) => entry.port === port && isInTheWay(entry.address, hostIp),
        );
        for (const { inode } of listeners) {
          if (await holds(proc, "self", inode)) continue;
          return (await ownerOf(proc, inode)) ?? "another process";
        }
      }
      return undefined;
    },
  };
}

/** Of publishing at an IPv4 address, or at every one. Who listens on IPv6 alone loses nothing. */
export function isInTheWay(address: string, hostIp: string | undefined): boolean {
  if (address === "ipv6") return false;
  return address === "any" || hostIp === undefined || hostIp === "0.0.0.0" || address === hostIp;
}

/** `nginx (pid 812)`: the process with a descriptor of that socket. A look through /proc: only on refusals. */
async function ownerOf(proc: string, inode: string): Promise<string | undefined> {
  const pids = (await readdir(proc)).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    if (!(await holds(proc, pid, inode))) continue;
    const program = await readlink(`${proc}/${pid}/exe`).catch(() => "");
    return `${basename(program) || "a process"} (pid ${pid})`;
  }
  return undefined;
}

/** Processes end while we look, and descriptors of others may be hidden: they are passed over. */
async function holds(proc: string, pid: string, inode: string): Promise<boolean> {
  const fds = await readdir(`${proc}/${pid}/fd`).catch(() => []);
  for (const fd of fds) {
    if ((await readlink(`${proc}/${pid}/fd/${fd}`).catch(() => "")) === `socket:[${inode}]`) return true;
  }
  return false;
}

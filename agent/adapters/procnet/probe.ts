import { readdir, readFile, readlink } from "node:fs/promises";
import { parseListeners } from "./listeners.ts";

interface PortProbe {
  holder(protocol: "tcp" | "udp", port: number, hostIp?: string): Promise<string | undefined>;
}

/** Finds the process that listens on a port, by name and pid where /proc tells. */
export function createPortProbe(proc = "/proc"): PortProbe {
  return {
    async holder(protocol, port, hostIp) {
      for (const table of [protocol, `${protocol}6`]) {
        const text = await readFile(`${proc}/net/${table}`, "utf8").catch(() => ""); // No IPv6: no such table.
        const listener = parseListeners(text, protocol).find(
          (entry) => entry.port === port && covers(entry.address, hostIp),
        );
        if (listener) return (await ownerOf(proc, listener.inode)) ?? "another process";
      }
      return undefined;
    },
  };
}

/** A listener on every address is in the way of one address, and the other way round. */
function covers(address: string, hostIp: string | undefined): boolean {
  return address === "any" || hostIp === undefined || hostIp === "0.0.0.0" || address === hostIp;
}

/** `nginx (pid 812)`: the process with a descriptor of that socket. A look through /proc: only on refusals. */
async function ownerOf(proc: string, inode: string): Promise<string | undefined> {
  const wanted = `socket:[${inode}]`;
  const pids = (await readdir(proc)).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    // Processes end while we look, and descriptors of others may be hidden: they are passed over.
    const fds = await readdir(`${proc}/${pid}/fd`).catch(() => []);
    for (const fd of fds) {
      if ((await readlink(`${proc}/${pid}/fd/${fd}`).catch(() => "")) !== wanted) continue;
      const name = await readFile(`${proc}/${pid}/comm`, "utf8").catch(() => "");
      return `${name.trim() || "a process"} (pid ${pid})`;
    }
  }
  return undefined;
}

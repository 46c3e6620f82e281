import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Machine, Process } from "../../test/lab/index.ts";
import { memoryOf, programOf } from "../processes.ts";
import type { Objects, Vitals } from "./types.ts";

/** What the agent below `agentRoot` and its store hold now. */
export function vitalsOf(machine: Machine, agentRoot: string): Omit<Vitals, "atSeconds"> {
  const { agent, etcd } = memoryOf(machine).programs;
  const files = filesOf(machine, "agent");
  return {
    ...{ rss: agent?.rss ?? 0, own: agent?.own ?? 0, etcdRss: etcd?.rss ?? 0 },
    descriptors: readdirSync(join(files, "fd")).length,
    threads: readdirSync(join(files, "task")).length,
    etcdDisk: sizeOf(join(agentRoot, "lib", "etcd")),
  };
}

/** Counts what must come and go with instances. */
export async function objectsOf(machine: Machine): Promise<Objects> {
  const [devices, rules, processes] = [
    await machine.output(["ip", "-o", "link"]),
    await machine.output(["nft", "-j", "list", "ruleset"]),
    machine.processes(),
  ];
  // The agent may have a mount namespace of its own.
  const mounts = readFileSync(join(filesOf(machine, "agent"), "mountinfo"), "utf8");
  return {
    processes: processes.length,
    mounts: linesOf(mounts),
    devices: linesOf(devices),
    namespaces: new Set(processes.flatMap((process) => networkOf(machine, process) ?? [])).size,
    cgroups: machine.cgroups().length,
    elements: rules.split('"elem"').length - 1 + rules.split('"rule"').length - 1,
  };
}

function linesOf(text: string): number {
  return text.split("\n").filter((line) => line !== "").length;
}

/** Its folder in /proc, as it is seen from outside. */
function filesOf(machine: Machine, program: string): string {
  const found = machine.processes().find(({ command }) => programOf(command) === program);
  if (found === undefined) throw new Error(`look at the ${program}: it does not run`);
  return folderOf(machine, found);
}

function folderOf(machine: Machine, { pid }: Process): string {
  return join("/proc", String(machine.pid), "root/proc", String(pid));
}

function networkOf(machine: Machine, process: Process): string | undefined {
  try {
    return readlinkSync(join(folderOf(machine, process), "ns/net"));
  } catch {
    return undefined; // It has ended.
  }
}

/** Bytes on the disk: etcd reserves files before it fills them. */
function sizeOf(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.reduce((sum, entry) => {
    const found = statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false });
    return sum + (found?.isFile() ? found.blocks * 512 : 0);
  }, 0);
}

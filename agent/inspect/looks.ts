import { readdirSync, readFileSync, statfsSync } from "node:fs";
import { cpus, freemem, loadavg, release, totalmem, type, uptime } from "node:os";
import { join } from "node:path";
import type { Look, Looking } from "./types.ts";

const bounds = {
  /** Entries of folders that are counted, all together. */
  walked: 50_000,
} as const;

/** Everything that can be seen without the agent, each apart: one that fails takes nothing from the others. */
export const looks: readonly Look[] = [
  { file: "machine/versions.json", look: versions },
  { file: "machine/resources.json", look: resources },
  {
    file: "machine/cgroups.txt",
    look: () => grep("/proc/self/mountinfo", (line) => line.includes("cgroup")),
  },
  { file: "machine/mounts.txt", look: mounts },
  { file: "machine/instances.json", look: instanceRecords },
  { file: "machine/links.txt", look: links },
  { file: "machine/routes.txt", look: routes },
  {
    file: "machine/packet-rules.txt",
    look: ({ paths, run }) => run("nft", ["list", "table", "inet", paths.id]),
  },
  { file: "machine/folders.txt", look: folders },
];

/** Each asked by itself: a program that is missing says so in its place. */
async function versions({ run }: Looking): Promise<unknown> {
  const asked = {
    crun: "--version",
    conmon: "--version",
    etcd: "--version",
    nft: "--version",
    dnsmasq: "--version",
  };
  const answers = Object.entries(asked).map(async ([program, option]) => {
    const answer = await run(program, [option]).catch((error: Error) => `unknown: ${error.message}`);
    return [program, answer.trim().split("\n")[0]] as const;
  });
  return {
    kernel: `${type()} ${release()}`,
    system: grep("/etc/os-release", (line) => line.startsWith("PRETTY_NAME=")).trim(),
    node: process.version,
    ...Object.fromEntries(await Promise.all(answers)),
  };
}

function resources({ paths }: Looking): unknown {
  const { bsize, blocks, bavail, files, ffree } = statfsSync(paths.stateDir);
  return {
    cores: cpus().length,
    load: loadavg(),
    uptimeSeconds: Math.floor(uptime()),
    memory: { totalBytes: totalmem(), freeBytes: freemem() },
    stateFolder: { totalBytes: blocks * bsize, freeBytes: bavail * bsize, inodes: files, freeInodes: ffree },
    openFiles: readFileSync("/proc/sys/fs/file-nr", "utf8").trim(),
    limits: readFileSync("/proc/self/limits", "utf8").split("\n"),
  };
}

function mounts({ paths, agentPid }: Looking): string {
  const ours = (line: string) => line.includes(paths.stateDir) || line.includes(paths.runDir);
  return grep(`/proc/${agentPid ?? "self"}/mountinfo`, ours);
}

/** What the host keeps of each instance: enough to adopt it, and no secrets. */
function instanceRecords({ paths }: Looking): unknown {
  const folder = join(paths.stateDir, "instances");
  return readdirSync(folder).map((id) => {
    try {
      return JSON.parse(readFileSync(join(folder, id, "record.json"), "utf8"));
    } catch (error) {
      return { id, failure: (error as Error).message };
    }
  });
}

async function links({ paths, run }: Looking): Promise<string> {
  return linesOf(await run("ip", ["-brief", "link"]), paths.devicePrefix);
}

async function routes({ paths, run }: Looking): Promise<string> {
  return linesOf(await run("ip", ["route", "show", "table", "all"]), paths.devicePrefix);
}

/** Names and sizes, not contents; two levels down. */
function folders({ paths }: Looking): string {
  let left: number = bounds.walked;
  const list = (folder: string, depth: number): string[] => {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.flatMap((entry) => {
      if (left-- <= 0) return [];
      const path = join(folder, entry.name);
      if (!entry.isDirectory() || depth === 0) return [path];
      return [`${path}/`, ...list(path, depth - 1)];
    });
  };
  return [paths.stateDir, paths.runDir].flatMap((folder) => list(folder, 1)).join("\n");
}

function grep(file: string, wanted: (line: string) => boolean): string {
  return readFileSync(file, "utf8").split("\n").filter(wanted).join("\n");
}

function linesOf(text: string, part: string): string {
  return text
    .split("\n")
    .filter((line) => line.includes(part))
    .join("\n");
}

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { connectKeyValues, memberSocket } from "../../agent/adapters/etcd/index.ts";
import type { FaultHost } from "./host.ts";

/** What an agent may forget to take away, by kind. */
export type Counts = Readonly<Record<string, number>>;

const keysAtOnce = 10_000;

/** Counts all that starts and stops leave, if anything, on the machine and in the agent. */
export async function countAll(host: FaultHost): Promise<Counts> {
  const { machine, paths } = host;
  const lines = async (...command: string[]) =>
    (await machine.output(command)).split("\n").filter((line) => line !== "");
  const programs = machine
    .processes()
    .map(({ command, state }) => (state === "Z" ? "zombies" : nameOf(command)));
  const rules = await lines("nft", "list", "ruleset");
  const files = await lines("find", paths.stateDir, paths.runDir, "-type", "f");
  return {
    mounts: mountsOf(host),
    "network namespaces": new Set(await namespacesOf(host)).size,
    "pinned namespaces": (await lines("find", join(paths.runDir, "netns"), "-type", "f")).length,
    links: (await lines("ip", "-o", "link")).length,
    addresses: (await lines("ip", "-o", "address")).length,
    routes: (await lines("ip", "route", "show", "table", "all")).length,
    neighbours: (await lines("ip", "neighbour", "show", "nud", "permanent")).length,
    "cgroups, once a hierarchy": machine.cgroups().length,
    "lines of nft's rules, sets and elements": rules.length,
    "UDP flows": await udpFlowsOf(host),
    // The store's own files come and go by its rules, bounded by its quota.
    "files in state and run folders": files.filter((file) => !file.startsWith(join(paths.stateDir, "etcd/")))
      .length,
    "keys in the store": await keysOf(host),
    ...countBy(programs.filter((name) => ours.has(name))),
    ...(await ofAgent(host)),
  };
}

const ours = new Set([
  "agent",
  "constellation-guard",
  "etcd",
  "dnsmasq",
  "conmon",
  "crun",
  "httpd",
  "zombies",
]);

function nameOf(command: string): string {
  const program = command.split(" ")[0]?.split("/").at(-1) ?? "";
  return program === "node" && command.includes("/agent/main.js run") ? "agent" : program;
}

function countBy(names: readonly string[]): Counts {
  const counted = [...ours].map((name): [string, number] => [
    `processes: ${name}`,
    names.filter((one) => one === name).length,
  ]);
  return Object.fromEntries(counted);
}

const procOf = ({ machine }: FaultHost, pid: number | "self") => `/proc/${machine.pid}/root/proc/${pid}`;

function agentPid(host: FaultHost): number {
  return host.agent()[0]?.pid ?? 0;
}

function mountsOf(host: FaultHost): number {
  return readFileSync(join(procOf(host, agentPid(host)), "mountinfo"), "utf8").split("\n").length;
}

async function namespacesOf(host: FaultHost): Promise<string[]> {
  const listed = await host.machine.output(["lsns", "--type", "net", "--noheadings", "--output", "NS"]);
  return listed.split("\n").filter((line) => line !== "");
}

/** TCP's are left to their timeouts, two minutes after their end; UDP's are forgotten with their instance. */
async function udpFlowsOf({ machine }: FaultHost): Promise<number> {
  const { stdout } = await machine.run(["conntrack", "-L", "-p", "udp"]);
  return stdout.split("\n").filter((line) => line.includes("10.64.")).length;
}

async function keysOf({ paths }: FaultHost): Promise<number> {
  const store = connectKeyValues(memberSocket(join(paths.runDir, "etcd")), () => undefined);
  const { entries } = await store.range("", { limit: keysAtOnce });
  store.close();
  return entries.length;
}

/** Open files by what they are, so that a leak has a name. */
async function ofAgent(host: FaultHost): Promise<Counts> {
  const proc = procOf(host, agentPid(host));
  const pid = String(agentPid(host));
  const targets = (await host.machine.output(["sh", "-c", `ls -l /proc/${pid}/fd`])).split("\n");
  const open = targets.filter((line) => line.includes(" -> "));
  const watches = readdirSync(join(proc, "fdinfo")).map((fd) => {
    try {
      return readFileSync(join(proc, "fdinfo", fd), "utf8").match(/^inotify /gm)?.length ?? 0;
    } catch {
      return 0; // closed meanwhile
    }
  });
  return {
    "agent's open files": open.length,
    "agent's sockets": open.filter((line) => line.includes("socket:")).length,
    "agent's inotify watches": watches.reduce((sum, count) => sum + count, 0),
    "agent's threads": readdirSync(join(proc, "task")).length,
  };
}

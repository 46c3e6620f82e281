import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type Fault, fillDisk, hogCpu } from "./faults.ts";
import { type Flavour, originOf } from "./flavours.ts";
import type { Hierarchy } from "./hierarchies.ts";
import { treeArgument } from "./keeper.ts";
import { type Inside, insideOf, type Machine } from "./machine.ts";
import type { Result, RunOptions } from "./run.ts";
import { deviceOf, mountDevice, slowDisk } from "./slow-disk.ts";
import { makeKnown, sshCommand, type User } from "./ssh.ts";
import { addressOf, cut, cutOneWay, heal, type Plugged, switchDevice } from "./switch.ts";

export interface HostOptions {
  /** Default: `machine`. */
  readonly flavour?: Flavour;
  /** The size of its disk, which is then in memory; by default it is a folder on this machine's. Its `root` is not seen outside. */
  readonly diskBytes?: number;
  /**
   * Its disk is a device of its own, of this machine's files, so that who waits for it keeps nobody else waiting; where this
   * machine has no loop devices, a folder as by default. Its `root` is not seen outside.
   */
  readonly hasDevice?: boolean;
  /** It can dial out alone: a box with an address of its own is before it, which lets in nothing but SSH. */
  readonly isBehindNat?: boolean;
}

/** What is known of a host whether it runs or not. */
export interface HostRecord {
  /** From 1. */
  readonly number: number;
  readonly flavour: Flavour;
  readonly isBehindNat: boolean;
}

/** A host with power, disk and cable. While its power is off, everything that needs it rejects. */
export interface Host extends HostRecord, Inside, Plugged {
  /** On the switch: its own, or the box's before it. */
  readonly address: string;
  /** What it has written to its root file system, as this process sees it; there while its power is off, too. */
  readonly files: string;
  isOn(): boolean;
  /** Its SSH host key, as in a `.pub` file. */
  hostKey(): Promise<string>;
  /** Runs a command line by SSH from the lab's end of the switch. `root` by default. */
  ssh(command: string, options?: RunOptions & { readonly user?: User }): Promise<Result>;
  /** The power fails: every process and the cable are gone at once, no peer is told. The disk stays. */
  kill(): Promise<void>;
  /** `kill`, unless its power is off, and start again from its disk. Resolves once sshd answers. */
  reboot(): Promise<void>;
  /** Loses all packets between this host and the peers, or everybody. Neither end is told. */
  cut(...peers: Plugged[]): Promise<void>;
  /** Loses what this host sends to the peers, or to anybody; what it is sent arrives. */
  oneWay(...peers: Plugged[]): Promise<void>;
  /** Ends every cut that this host has a part in. */
  heal(): Promise<void>;
  /** Leaves so many bytes free on its disk, none by default. Only with `diskBytes` or `hasDevice`. */
  fillDisk(leftBytes?: number): Promise<Fault>;
  /**
   * Lets its processes write to its disk so many times a second and no more. Not with `diskBytes`, and until it is killed.
   * Without `hasDevice` others on this machine wait as well, for the journal of the file system that they share.
   */
  slowDisk(writesPerSecond: number): Promise<Fault>;
  /** Keeps so many processors busy; twice as many as there are by default. */
  hogCpu(count?: number): Promise<Fault>;
}

export const nameOf = (number: number): string => `host${number}`;

/** The first start of a host. */
export async function makeHost(
  lab: Machine,
  record: HostRecord,
  everyone: () => readonly Plugged[],
  { diskBytes, hasDevice }: Pick<HostOptions, "diskBytes" | "hasDevice">,
): Promise<Host> {
  const host = hostOf(lab, record, everyone);
  const folder = folderOf(lab, record);
  mkdirSync(folder);
  if (diskBytes !== undefined)
    await lab.output(["mount", "-t", "tmpfs", "-o", `size=${diskBytes},mode=755`, host.hostname, folder]);
  else if (hasDevice && existsSync("/dev/loop-control")) await mountDevice(lab, folder);
  await host.reboot();
  // All come from the same files, and each machine has an id of its own (machine-id(5)).
  await host.output(["sh", "-c", `echo ${String(host.number).padStart(32, "0")} > /etc/machine-id`]);
  await makeKnown(lab, host.address, await host.hostKey());
  return host;
}

/**
 * A host that was made, by this process or another.
 * @param everyone who is on the switch now
 */
export function hostOf(lab: Machine, record: HostRecord, everyone: () => readonly Plugged[]): Host {
  const name = nameOf(record.number);
  const [folder, address] = [folderOf(lab, record), addressOf(record.number)];
  const hierarchies = lab.hierarchies.map((tree) => ({ ...tree, directory: join(tree.directory, name) }));
  const trees = lab.hierarchies.map((tree) =>
    treeArgument({ ...tree, directory: join(tree.mountPoint, name) }),
  );
  const life = {
    get pid() {
      const pid = findPid1(hierarchies);
      if (pid === undefined) throw new Error(`enter ${name}: its power is off; reboot it`);
      return pid;
    },
    hasEnded: () => false, // the above says more
  };
  const site = { root: join(folder, "data"), hostname: name, hierarchies };
  const inside = insideOf(site, life);
  const script = async (file: string, ...words: string[]) =>
    await lab.output(["bash", join(import.meta.dirname, file), folder, name, ...words, ...trees]);
  const plug: Plugged = { port: name };
  const kill = async () => void (await script("host-stop.sh"));

  return Object.assign(inside, record, plug, {
    address,
    files: join("/proc", String(lab.pid), "root", folder, "upper"),
    isOn: () => findPid1(hierarchies) !== undefined,
    hostKey: async () => {
      const line = await lab.output(["cat", join(folder, "upper/etc/ssh/ssh_host_ed25519_key.pub")]);
      return line.trim();
    },
    ssh: async (command: string, { user = "root", ...options }: RunOptions & { user?: User } = {}) =>
      await lab.run(sshCommand(lab, address, user, [command]), options),
    kill,
    reboot: async () => {
      // Its cgroups are there from its start until `kill` has removed them.
      if (hierarchies.some(({ directory }) => existsSync(directory))) await kill();
      const { layers, sshdFrom, shared = "", init = "" } = originOf(record.flavour);
      const inner = record.isBehindNat ? innerAddress : "";
      await script("host-start.sh", address, inner, switchDevice, layers.join(":"), sshdFrom, shared, init);
    },
    cut: async (...peers: Plugged[]) => await cut(lab, plug, peers),
    oneWay: async (...peers: Plugged[]) => await cutOneWay(lab, plug, peers),
    heal: async () => await heal(lab, plug, everyone()),
    fillDisk: async (leftBytes = 0) => {
      await lab.output(["mountpoint", "-q", folder]).catch(() => {
        throw new Error(
          `fill the disk of ${name}: it is this machine's own; give it one with diskBytes or hasDevice`,
        );
      });
      return await fillDisk(inside, site.root, leftBytes);
    },
    slowDisk: async (writesPerSecond: number) =>
      slowDisk(hierarchies, await deviceOf(lab, folder), writesPerSecond),
    hogCpu: async (count = 2 * availableParallelism()) => await hogCpu(inside, count),
  });
}

/** All of them have the same: so do many homes and shops. */
const innerAddress = "192.168.1.2";

const folderOf = (lab: Inside, { number }: HostRecord) => join(lab.root, nameOf(number));

/** The one process in the host's own cgroup that is the first of the outermost namespace. */
function findPid1([tree]: readonly Hierarchy[]): number | undefined {
  if (tree === undefined) return undefined;
  const directory = tree.type === "cgroup2" ? join(tree.directory, "init") : tree.directory;
  const ids = read(join(directory, "cgroup.procs")).split("\n").filter(Boolean);
  const firsts = ids
    .map((id) => /^NSpid:\t(.*)$/m.exec(read(`/proc/${id}/status`))?.[1]?.split("\t") ?? [])
    .filter((numbers) => numbers.at(-1) === "1")
    .sort((one, other) => one.length - other.length);
  return firsts[0] === undefined ? undefined : Number(firsts[0][0]);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it has just ended
  }
}

import { type Host, type HostOptions, type HostRecord, hostOf, makeHost } from "./host.ts";
import { findKeeper } from "./keeper.ts";
import { type Machine, machineOf, type Site, startMachine } from "./machine.ts";
import { keyOf, makeKey } from "./ssh.ts";
import { healAll, ownPort, type Plugged, startSwitch } from "./switch.ts";

/** Hosts on a switch of their own. Its end, or the death of PID 1 of its machine, is the end of all. */
export interface Lab extends Plugged, AsyncDisposable {
  /** Shares files with this machine and has a cable to the switch (192.168.77.1): a laptop from which hosts are reached. */
  readonly machine: Machine;
  readonly hosts: readonly Host[];
  /** The private key that every user of every host accepts. */
  readonly keyFile: string;
  /** By its number, from 1. */
  host(number: number): Host;
  /** One more. */
  add(options?: HostOptions): Promise<Host>;
  /** Ends every cut. */
  heal(): Promise<void>;
  /** Removes every trace. Rejects if something is left. */
  down(): Promise<void>;
}

export interface LabOptions extends Omit<HostOptions, "isBehindNat"> {
  /** How many of the hosts can only dial out; the last ones. */
  readonly behindNat?: number;
  /** Live on when this process ends; see `find`. */
  readonly outlives?: boolean;
}

/** What finds a lab again from another process. */
export interface LabRecord {
  readonly site: Site;
  readonly pid: number;
  readonly hosts: readonly HostRecord[];
}

/** Starts a lab of so many hosts. It lives until `down()`, the end of an `await using`, or this process's death. */
export async function up(
  count: number,
  { outlives = false, behindNat = 0, ...options }: LabOptions = {},
): Promise<Lab> {
  const machine = await startMachine({ name: "lab", brNetfilter: false, outlives });
  try {
    await Promise.all([startSwitch(machine), makeKey(machine)]);
    const lab = labOf(machine, []);
    await Promise.all(
      Array.from(
        { length: count },
        async (_, at) => await lab.add({ ...options, isBehindNat: at >= count - behindNat }),
      ),
    );
    return lab;
  } catch (error) {
    await machine.stop();
    throw error;
  }
}

/** A lab that outlives the process that started it; undefined once it is gone. */
export function find({ site, pid, hosts }: LabRecord): Lab | undefined {
  const keeper = findKeeper(site.root, pid);
  return keeper.hasEnded() ? undefined : labOf(machineOf(site, keeper), hosts);
}

export function recordOf({ machine, hosts }: Lab): LabRecord {
  const { root, hostname, hierarchies, pid } = machine;
  return {
    site: { root, hostname, hierarchies },
    pid,
    hosts: hosts.map(({ number, flavour, isBehindNat }) => ({ number, flavour, isBehindNat })),
  };
}

function labOf(machine: Machine, records: readonly HostRecord[]): Lab {
  const own: Plugged = { port: ownPort };
  const hosts: Host[] = [];
  const everyone = () => [own, ...hosts];
  hosts.push(...records.map((record) => hostOf(machine, record, everyone)));
  let lastNumber = Math.max(0, ...hosts.map(({ number }) => number));
  return {
    ...own,
    machine,
    hosts,
    keyFile: keyOf(machine),
    host: (number) => {
      const host = hosts.find((each) => each.number === number);
      if (host === undefined) throw new Error(`find host ${number}: there are ${hosts.length}`);
      return host;
    },
    add: async ({ flavour = "machine", isBehindNat = false, ...disk }: HostOptions = {}) => {
      lastNumber += 1;
      const record = { number: lastNumber, flavour, isBehindNat };
      const host = await makeHost(machine, record, everyone, disk);
      hosts.push(host);
      hosts.sort((one, other) => one.number - other.number);
      return host;
    },
    heal: async () => await healAll(machine),
    down: machine.stop,
    [Symbol.asyncDispose]: machine.stop,
  };
}

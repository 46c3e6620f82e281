import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Machine } from "../../test/lab/index.ts";
import type { Count, Setting, Ticket } from "./types.ts";

const program = join(import.meta.dirname, "hosts.ts");
const complaintLength = 2_000;

/** All simulated hosts, in some processes of the machine. */
export interface Fleet {
  /** Summed over the processes, as they last said. Throws where one of them has ended. */
  count(): Count;
  /** So many hosts die at once. */
  kill(hosts: number): void;
}

/** Starts them; they join by themselves. They end with the machine. */
export async function startFleet(
  machine: Machine,
  { server, tickets }: Setting,
  processes: number,
): Promise<Fleet> {
  const shares = Array.from({ length: processes }, (_, at) =>
    tickets.filter((_ticket, index) => index % processes === at),
  );
  const crews = await Promise.all(shares.map((share) => startCrew(machine, { server, tickets: share })));
  return {
    count: () => crews.map((crew) => crew.count()).reduce(sum),
    kill(hosts) {
      for (const [at, crew] of crews.entries())
        crew.kill(Math.floor(hosts / processes) + (at < hosts % processes ? 1 : 0));
    },
  };
}

async function startCrew(machine: Machine, setting: { server: string; tickets: readonly Ticket[] }) {
  const child = await machine.spawn([process.execPath, "--disable-warning=ExperimentalWarning", program]);
  let last: Count = { hosts: 0, running: 0, routed: 0, assignments: 0, observations: 0, breaks: 0 };
  let complaints = "";
  let ended: number | undefined;
  child.stderr?.on("data", (chunk: Buffer) => {
    complaints = `${complaints}${chunk.toString("utf8")}`.slice(-complaintLength);
  });
  if (child.stdout)
    createInterface({ input: child.stdout }).on("line", (line) => {
      last = JSON.parse(line) as Count;
    });
  void child.exited.then(({ code }) => {
    ended = code;
  });
  child.stdin?.write(`${JSON.stringify(setting)}\n`);
  return {
    count(): Count {
      if (ended === undefined) return last;
      throw new Error(`bench simulate: a process of hosts ended with ${ended}: ${complaints.trim()}`);
    },
    kill: (hosts: number) => void child.stdin?.write(`${hosts}\n`),
  };
}

function sum(one: Count, other: Count): Count {
  return {
    hosts: one.hosts + other.hosts,
    running: one.running + other.running,
    routed: Math.min(one.routed, other.routed),
    assignments: one.assignments + other.assignments,
    observations: one.observations + other.observations,
    breaks: one.breaks + other.breaks,
  };
}

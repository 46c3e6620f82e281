import { createInterface } from "node:readline";
import { joinAs, type SimulatedHost, startHost } from "./host.ts";
import type { Count, Setting } from "./types.ts";

const tellMs = 250;
/** Joining at once: the server writes them down one after the other. */
const joiningAtOnce = 4;

/**
 * A process of simulated hosts. The first line of its standard input is the setting, each later one a number: so many more
 * of them die.
 */
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { server, tickets } = JSON.parse((await lines.next()).value ?? "{}") as Setting;
const hosts: SimulatedHost[] = [];
const counts = { assignments: 0, observations: 0, breaks: 0 };
const listener = {
  onAssignment: () => void counts.assignments++,
  onObservation: () => void counts.observations++,
  onBreak: () => void counts.breaks++,
};

setInterval(() => {
  const alive = hosts.filter((host) => host.hasHeard());
  const running = alive.reduce((sum, host) => sum + host.running(), 0);
  const routed = Math.min(...alive.flatMap((host) => host.routed() ?? []));
  const count: Count = {
    hosts: alive.length,
    running,
    routed: Number.isFinite(routed) ? routed : 0,
    ...counts,
  };
  process.stdout.write(`${JSON.stringify(count)}\n`);
}, tellMs);

const waiting = tickets.values();
/** The last one: those that joined first die. */
const witness = tickets.at(-1);
await Promise.all(
  Array.from({ length: joiningAtOnce }, async () => {
    for (const ticket of waiting) {
      const credentials = await joinAs(ticket, uidOf(ticket.name), server);
      hosts.push(startHost(ticket.name, credentials, server, listener, ticket === witness));
    }
  }),
);
for await (const line of lines) for (const host of hosts.splice(0, Number(line))) host.die();
process.exit(0);

/** A machine id: hosts' names differ in their number. */
function uidOf(name: string): string {
  return name.replaceAll(/\D/g, "").padStart(32, "0");
}

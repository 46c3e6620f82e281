import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { dirname } from "node:path";
import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import { pairsOf, type UdpWays, udpWays, waysToForget } from "./flows.ts";
import type { Conntrack, TrafficPlan } from "./types.ts";

/** An older agent wrote one instance an entry. */
const answerers = z.union([z.array(z.string()), z.string().transform((address) => [address])]);
const waysSchema = z.array(
  z.object({ destination: z.string(), port: z.int().optional(), answeredBy: answerers }),
);

/**
 * Frees UDP senders from instances that no longer take traffic. Call it once a plan's rules are in the kernel: what is
 * forgotten is balanced anew; returns how many flows that were. Which ways the rules before had opened is kept in a
 * file, written when the forgetting is done, so that neither a restart of the agent nor a failure half-way leaves a
 * sender behind.
 */
export function createForgetting(file: string, conntrack: Conntrack): (plan: TrafficPlan) => Promise<number> {
  let before = read(file);
  return async (plan) => {
    const after = udpWays(plan);
    const outdated = waysToForget(before, after);
    const isAny = outdated.length > 0;
    const count = isAny ? await conntrack.deleteUdpFlows(pairsOf(outdated, hostAddresses())) : 0;
    if (!isDeepStrictEqual(before, after)) write(file, after);
    before = after;
    return count;
  };
}

function hostAddresses(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  return [
    ...new Set([
      "127.0.0.1",
      ...addresses.filter(({ family }) => family === "IPv4").map(({ address }) => address),
    ]),
  ];
}

function read(file: string): UdpWays[] {
  try {
    return waysSchema.parse(JSON.parse(readFileSync(file, "utf8"))) as UdpWays[];
  } catch {
    return []; // Absent after a boot, as the flows are; somebody else's words must not keep the agent from starting.
  }
}

function write(file: string, ways: readonly UdpWays[]): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, JSON.stringify(ways));
  renameSync(`${file}.new`, file);
}

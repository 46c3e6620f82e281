import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { dirname } from "node:path";
import * as z from "zod";
import { pairsOf, type UdpWay, udpWays, waysToForget } from "./flows.ts";
import type { Conntrack, TrafficPlan } from "./types.ts";

const waysSchema = z.array(
  z.object({ destination: z.string(), port: z.int().optional(), answeredBy: z.string() }),
);

/**
 * Frees UDP senders from instances that no longer take traffic. Call it once the plan's rules are in the kernel: what
 * is forgotten is balanced anew. Which ways the rules before had opened is kept in a file, written when the forgetting
 * is done, so that neither a restart of the agent nor a failure half-way leaves a sender behind. Returns the flows' number.
 */
export async function forgetOutdatedFlows(
  plan: TrafficPlan,
  file: string,
  conntrack: Conntrack,
): Promise<number> {
  const before = existsSync(file)
    ? (waysSchema.parse(JSON.parse(readFileSync(file, "utf8"))) as UdpWay[])
    : [];
  const after = udpWays(plan);
  const outdated = waysToForget(before, after);
  let count = 0;
  for (const pair of pairsOf(outdated, hostAddresses())) count += await conntrack.deleteUdpFlows(pair);
  if (outdated.length > 0 || before.length !== after.length) write(file, after);
  return count;
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

function write(file: string, ways: readonly UdpWay[]): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, JSON.stringify(ways));
  renameSync(`${file}.new`, file);
}

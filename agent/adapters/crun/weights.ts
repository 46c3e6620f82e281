import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { MachineFacts } from "./config.ts";
import { readIfThere } from "./files.ts";
import type { RuntimePaths } from "./layout.ts";

/** How long a container keeps its weight of the start once it was let go: its first instruction is some ms away. */
const settleMs = 50;

/**
 * Processor time for starts. A container is made in its own cgroup, where a small reservation would hold its making
 * up for as long as others keep the machine busy (some 200 ms): so it begins with the weight of a whole machine, and
 * gets its own once it runs. Which have not got it yet is noted in their bundles, for an agent after this one.
 */
export interface StartWeights {
  /** Notes what a container that is about to be made gets in the end. Its bundle is there. */
  note(id: string, shares: number): void;
  /** Soon gives it that. */
  settle(id: string): void;
}

/** Settles what an agent before this one left noted. */
export function createStartWeights(
  paths: RuntimePaths,
  facts: Pick<MachineFacts, "cgroup" | "cgroupParent">,
  cgroupMounts: string,
): StartWeights {
  const noteOf = (id: string) => join(paths.bundle(id), "shares");

  const settle = (id: string): void => {
    const shares = Number(readIfThere(noteOf(id)));
    if (!(shares > 0)) return;
    const { folder, file, value } =
      facts.cgroup === "v2"
        ? { folder: "", file: "cpu.weight", value: weightOf(shares) }
        : { folder: "cpu", file: "cpu.shares", value: shares };
    try {
      writeFileSync(join(cgroupMounts, folder, facts.cgroupParent, id, file), String(value), { flag: "r+" });
    } catch {
      // It has ended already, and its cgroup with it. Whatever else it was: one that is too heavy still runs.
    }
    rmSync(noteOf(id), { force: true });
  };

  for (const id of readdirSync(paths.bundles)) settle(id);
  return {
    note: (id, shares) => writeFileSync(noteOf(id), String(shares), { mode: 0o600 }),
    settle: (id) => void setTimeout(settle, settleMs, id).unref(),
  };
}

/** v1's shares (2 to 262144) as v2's weight (1 to 10000), as crun converts them. */
export function weightOf(shares: number): number {
  return 1 + Math.floor(((shares - 2) * 9_999) / 262_142);
}

import { setTimeout as delay } from "node:timers/promises";
import { type AgentPaths, agentPaths } from "../../contract/index.ts";
import { folders, steps } from "./cleanup/index.ts";
import { refuseForeignFolders } from "./folders.ts";
import type { CleanupStep, DownResult, Trace } from "./types.ts";

/** A step is repeated until it finds nothing, at most this long. */
const stepLimitMs = 5_000;
const pauseMs = 20;

/**
 * Stops the agent of this root and removes every trace of it, whether it still runs or died long ago.
 * Throws `host-unfit`, having touched nothing, when a folder of it belongs to somebody else.
 */
export async function down({ root }: { root?: string } = {}): Promise<DownResult> {
  const paths = agentPaths(root);
  refuseForeignFolders(paths, "delete");
  const removed: Trace[] = [];
  const left: (Trace & { reason: string })[] = [];
  const kept: (Trace & { reason: string })[] = [];
  for (const step of steps) {
    // The folders hold the records that another attempt needs: they go once nothing else is left.
    if (step === folders && left.length > 0) break;
    const outcome = await empty(step, paths);
    removed.push(...outcome.removed);
    left.push(...outcome.left);
    kept.push(...outcome.kept);
  }
  return { removed, left, kept };
}

/** Everything on the machine that exists because of the agent of this root; empty: no trace. */
export async function traces({ root }: { root?: string } = {}): Promise<Trace[]> {
  const paths = agentPaths(root);
  const found: Trace[] = [];
  for (const step of steps) {
    for (const item of await step.find(paths)) found.push({ kind: step.kind, item });
  }
  return found;
}

async function empty(step: CleanupStep, paths: AgentPaths): Promise<DownResult> {
  try {
    return await repeat(step, paths);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { removed: [], left: [{ kind: step.kind, item: "unknown", reason }], kept: [] };
  }
}

async function repeat(step: CleanupStep, paths: AgentPaths): Promise<DownResult> {
  const seen = new Set<string>();
  const reasons = new Map<string, string>();
  const deadline = performance.now() + stepLimitMs;
  let items = await step.find(paths);
  while (items.length > 0) {
    for (const item of items) {
      seen.add(item);
      await step.remove(item, paths).catch((error: Error) => reasons.set(item, error.message));
    }
    items = await step.find(paths);
    if (performance.now() > deadline) break;
    if (items.length > 0) await delay(pauseMs);
  }
  const left = items.map((item) => ({
    kind: step.kind,
    item,
    reason: reasons.get(item) ?? "it does not go away",
  }));
  const removed = [...seen]
    .filter((item) => !items.includes(item))
    .map((item) => ({ kind: step.kind, item }));
  const kept = ((await step.keep?.(paths)) ?? []).map((one) => ({ kind: step.kind, ...one }));
  return { removed, left, kept };
}

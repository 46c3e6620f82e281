import { setTimeout as delay } from "node:timers/promises";
import type { Instance } from "../documents.ts";
import { ConstellationError } from "../errors.ts";
import type { Client } from "./client.ts";

export interface DrainOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Told when it changes: `3 instances left: web-0, web-2, db-0`. */
  readonly onProgress: (message: string) => void;
}

const bounds = {
  pollMs: 250,
  /** Looks in a row that find nothing: one placed just before the mark was seen may still come. */
  emptyLooks: 2,
  namesShown: 5,
} as const;

/**
 * Marks a host as draining and waits until nothing runs there any more; services keep their minimums on the way, since
 * each instance moves as in a rolling update. The mark stays, whatever comes of it.
 * Throws `timeout` that names what is left and why no other host takes it, `cancelled`, `not-found`.
 */
export async function drainHost(
  client: Client,
  name: string,
  { timeoutMs, signal, onProgress }: DrainOptions,
): Promise<void> {
  await client.putHost(name, { availability: "draining" });
  const deadline = performance.now() + timeoutMs;
  let told: string | undefined;
  for (let emptyLooks = 0; ; ) {
    const left = await instancesOn(client, name);
    emptyLooks = left.length === 0 ? emptyLooks + 1 : 0;
    if (emptyLooks >= bounds.emptyLooks) return;
    const progress = sayLeft(left);
    if (left.length > 0 && progress !== told) onProgress(progress);
    told = progress;
    if (signal.aborted)
      throw new ConstellationError("cancelled", `drain ${name}: cancelled with ${progress}`);
    if (left.length > 0 && performance.now() > deadline) throw await late(client, name, left, timeoutMs);
    await delay(bounds.pollMs, undefined, { signal }).catch(() => undefined); // the next turn says that it was cancelled
  }
}

/** What has ended, or is placed elsewhere since its host is lost, keeps nobody. */
const over: ReadonlySet<Instance["state"]> = new Set(["completed", "failed", "lost"]);

async function instancesOn(client: Client, name: string): Promise<readonly Instance[]> {
  return (await client.listInstances()).filter(({ host, state }) => host === name && !over.has(state));
}

function sayLeft(left: readonly Instance[]): string {
  const names = left.slice(0, bounds.namesShown).map(({ name }) => name);
  const more = left.length > names.length ? ", ..." : "";
  return `${left.length} ${left.length === 1 ? "instance" : "instances"} left: ${names.join(", ")}${more}`;
}

async function late(client: Client, name: string, left: readonly Instance[], timeoutMs: number) {
  const services = new Map(left.map((one) => [`${one.namespace}/${one.service}`, one]));
  const documents = await Promise.all(
    [...services.values()]
      .slice(0, bounds.namesShown)
      .map(({ namespace, service }) => client.getDocument({ namespace, plural: "services", name: service })),
  );
  const reasons = documents
    .flatMap((document) => document?.status?.rejections ?? [])
    .slice(0, bounds.namesShown)
    .map(({ slot, message }) => `${slot}: ${message}`);
  const why = reasons.length === 0 ? "they have not moved yet" : reasons.join("; ");
  return new ConstellationError(
    "timeout",
    `drain ${name}: after ${timeoutMs / 1_000} s ${sayLeft(left)} (${why}); make room elsewhere and drain it again, or uncordon it`,
  );
}

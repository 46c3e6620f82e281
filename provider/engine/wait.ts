import {
  type Client,
  ConstellationError,
  type Document,
  type DocumentAddress,
  durationMs,
} from "../../contract/index.ts";
import { arrival, describe, readiness } from "./readiness.ts";
import type { Call } from "./types.ts";

/** Bounds of waiting, milliseconds. */
const bounds = {
  /** Reads again without an event after this long. */
  pollMs: 1_000,
  /** A slot that no host takes for this long fails the apply. */
  rejectedMs: 3_000,
  defaultDeadlineMs: 300_000,
  /** Beyond the grace period: for the kill, and for taking away what was made for it. */
  removeMs: 60_000,
} as const;
const logLines = 10;

export type Outcome =
  | { readonly kind: "ready"; readonly document: Document }
  | { readonly kind: "failed"; readonly document: Document; readonly reasons: readonly string[] };

/**
 * Follows the event stream until the revision that was written is healthy, showing how far it is.
 * Ends early when waiting longer cannot help, at the document's `update.deadline`, or when the call is aborted.
 */
export async function waitUntilReady(
  client: Client,
  address: DocumentAddress,
  written: Document,
  call: Call,
): Promise<Outcome> {
  const deadline = call.timed ? Number.POSITIVE_INFINITY : performance.now() + deadlineMs(written);
  const stop = new AbortController();
  const wake = createWake();
  const name = `${address.namespace}/${address.name}`;
  let step = "";
  const following = follow(client, address, stop.signal, (message) => {
    if (message !== undefined) step = message;
    wake.ring();
  });
  const fail = async (
    document: Document,
    reasons: readonly string[],
    crashed: readonly string[],
  ): Promise<Outcome> => ({
    kind: "failed",
    document,
    reasons: [
      ...reasons.map((reason) => `${name}: ${reason}`),
      ...(await lastOutput(client, crashed)),
      advice(crashed),
    ],
  });
  try {
    let rejectedSince: number | undefined;
    for (;;) {
      const document = (await client.getDocument(address)) ?? gone(name);
      const state = readiness(document, written.status?.instances);
      if (state.kind === "ready") {
        call.progress(arrival(document));
        return { kind: "ready", document };
      }
      if (state.kind === "failed") return await fail(document, state.reasons, state.crashed);
      call.progress(state.progress.includes(step) ? state.progress : `${state.progress}; ${step}`);
      step = "";

      const rejections = document.status?.rejections ?? [];
      rejectedSince = rejections.length === 0 ? undefined : (rejectedSince ?? performance.now());
      if (rejectedSince !== undefined && performance.now() - rejectedSince > bounds.rejectedMs) {
        return await fail(
          document,
          rejections.map(({ slot, message }) => `${slot}: ${message}`),
          [],
        );
      }
      if (call.signal.aborted)
        return await fail(document, [`${whyAborted(call.signal)}: ${state.progress}`], []);
      if (performance.now() > deadline) {
        const { instances = [], specRevision } = document.status ?? {};
        const behind = instances.filter(({ healthy, revision }) => !healthy && revision === specRevision);
        const reasons = [`not healthy within update.deadline: ${state.progress}`, ...behind.map(describe)];
        return await fail(
          document,
          reasons,
          behind.map(({ id }) => id),
        );
      }
      await wake.wait(bounds.pollMs, call.signal);
    }
  } finally {
    stop.abort();
    await following;
  }
}

/**
 * Waits until nothing of a deleted service is left but on lost hosts, which remove it if they come back to the cluster:
 * `graceMs` for its stop and a while for the rest.
 */
export async function waitUntilGone(
  client: Client,
  address: DocumentAddress,
  graceMs: number,
  call: Call,
): Promise<void> {
  const deadline = call.timed ? Number.POSITIVE_INFINITY : performance.now() + graceMs + bounds.removeMs;
  const action = `delete ${address.namespace}/${address.name}`;
  for (;;) {
    const left = await client.listInstances({ namespace: address.namespace, service: address.name });
    const awaited = left.filter(({ state }) => state !== "lost");
    if (awaited.length === 0) {
      for (const { name, host } of left)
        call.warn(
          `${name}: ${host} is lost; what it still runs there ends if ${host} comes back to this cluster`,
        );
      return;
    }
    call.progress(`stopping: ${left.length} left; ${awaited.slice(0, 1).map(describe).join()}`);
    if (call.signal.aborted)
      throw new ConstellationError(
        "cancelled",
        `${action}: cancelled while ${left.length} instances stop; run it again`,
      );
    if (performance.now() > deadline) {
      const stuck = left.map(describe).join("; ");
      throw new ConstellationError(
        "timeout",
        `${action}: still there after its grace period: ${stuck}; run it again`,
      );
    }
    await createWake().wait(deletePollMs, call.signal);
  }
}

const deletePollMs = 100;

/** Rings on each event of the service; a broken stream only costs the event, the timer goes on. */
async function follow(
  client: Client,
  address: DocumentAddress,
  signal: AbortSignal,
  ring: (step?: string) => void,
) {
  try {
    const query = { namespace: address.namespace, service: address.name };
    for await (const { event } of client.events(query, signal))
      ring(event.type === "progress" ? event.message : undefined);
  } catch (error) {
    if (!signal.aborted && !(error instanceof ConstellationError)) throw error;
  }
}

function createWake() {
  let ring: () => void = () => {};
  let rung = false;
  return {
    ring() {
      rung = true;
      ring();
    },
    /** Until rung, at most `ms`; at once when rung since the last wait or aborted. */
    async wait(ms: number, signal: AbortSignal) {
      if (!rung && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          ring = () => {
            clearTimeout(timer);
            resolve();
          };
          signal.addEventListener("abort", ring, { once: true });
        });
      }
      signal.removeEventListener("abort", ring);
      rung = false;
    },
  };
}

async function lastOutput(client: Client, ids: readonly string[]): Promise<string[]> {
  const first = ids[0];
  if (first === undefined) return [];
  const lines: string[] = [];
  try {
    const last = { tail: logLines, hideSecrets: true };
    for await (const line of client.logs(first, last, AbortSignal.timeout(bounds.pollMs)))
      lines.push(line.text);
  } catch (error) {
    lines.push(`(its log cannot be read: ${(error as Error).message})`);
  }
  return lines.length === 0
    ? [`${first} printed nothing`]
    : [`last output of ${first}:\n${lines.map((line) => `    ${line}`).join("\n")}`];
}

function advice(crashed: readonly string[]): string {
  const look = crashed[0] === undefined ? "" : `; constellation logs ${crashed[0]} shows more`;
  return `correct the program and run pulumi up again: it goes on from here${look}`;
}

function gone(name: string): never {
  throw new ConstellationError(
    "not-found",
    `wait for ${name}: somebody deleted it meanwhile; run pulumi up again`,
  );
}

function whyAborted({ reason }: AbortSignal): string {
  const inTime = (reason as Error | undefined)?.name === "TimeoutError";
  return inTime ? "not healthy within customTimeouts" : "cancelled while waiting";
}

function deadlineMs(document: Document): number {
  const update = document.inputs.update as { deadline?: string } | undefined;
  return durationMs(update?.deadline ?? "") ?? bounds.defaultDeadlineMs;
}

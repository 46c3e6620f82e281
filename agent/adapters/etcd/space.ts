import type { Gateway } from "./gateway.ts";
import type { HeaderAnswer } from "./messages.ts";
import { StoreRefusal, statusCodes } from "./refusal.ts";

const limits = {
  /** Past revisions that a reader can go back at least; one further behind lists again. */
  revisionsKept: 1_000,
  /** So many more, and they are forgotten. */
  forgetEvery: 250,
  /** Past revisions left after a clean-up. */
  revisionsLeft: 100,
  /** Defragmenting copies all data, during which nothing else is answered. */
  cleanUpMs: 60_000,
} as const;

/** Whether etcd refused a write since its data has grown to its quota. Every write is then, until the alarm is taken back. */
export function isOutOfSpace(error: unknown): boolean {
  return (
    error instanceof StoreRefusal &&
    error.code === statusCodes.resourceExhausted &&
    error.message.includes("database space exceeded")
  );
}

/**
 * Forgets old revisions as new ones come; call it with each. etcd's own compaction looks every five minutes, in which
 * a busy host's reports are a hundred megabytes of past.
 */
export function createForgetting(gateway: Gateway): (revision: number) => void {
  let forgotten = 0;
  return (revision) => {
    const oldest = revision - limits.revisionsKept;
    if (oldest - forgotten < limits.forgetEvery) return;
    forgotten = oldest;
    // Where it fails, the next one takes these along.
    gateway.call("/v3/kv/compaction", { revision: String(oldest) }).catch(() => {});
  };
}

/** Gives back what past revisions take, and lets etcd write again. Calls that come meanwhile share one clean-up. */
export function createCleanUp(gateway: Gateway): () => Promise<void> {
  let underWay: Promise<void> | undefined;
  return () => {
    underWay ??= cleanUp(gateway).finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}

async function cleanUp(gateway: Gateway): Promise<void> {
  const call = <Answer>(path: string, body: object) => gateway.call<Answer>(path, body, limits.cleanUpMs);
  const { header } = await call<HeaderAnswer>("/v3/maintenance/status", {});
  const revision = Number(header.revision) - limits.revisionsLeft;
  if (revision > 0) {
    await call("/v3/kv/compaction", { revision: String(revision), physical: true }).catch(ignoreCompacted);
  }
  await call("/v3/maintenance/defragment", {});
  const alarm = { action: "DEACTIVATE", memberID: header.member_id, alarm: "NOSPACE" };
  await call("/v3/maintenance/alarm", alarm);
}

function ignoreCompacted(error: unknown): void {
  if (!(error instanceof StoreRefusal && error.code === statusCodes.outOfRange)) throw error;
}

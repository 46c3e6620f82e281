import type { PlacedInstance, View } from "./types.ts";

/** Two looks are at least so far apart, in milliseconds. */
const leastMs = 10;

/**
 * Milliseconds after which time alone makes `decide` want something: a host has been lost for as long as a service waits,
 * or an exclusive instance can run no more. Undefined: never. Pure.
 */
export function untilDueMs({ services, instances, machines }: View): number | undefined {
  const waits = new Map(services.map(({ uid, disconnect }) => [uid, disconnect.replaceAfterMs]));
  const lost = new Map(
    machines.flatMap(({ name, state, lostMs = 0 }) => (state === "lost" ? [[name, lostMs] as const] : [])),
  );
  const due = instances.flatMap((instance) => [...ofHost(instance), ...ofFence(instance)]);
  return due.length === 0 ? undefined : Math.max(leastMs, Math.ceil(Math.min(...due)));

  function ofHost({ host, serviceUid, want, exclusive }: PlacedInstance): number[] {
    const [lostMs, waitsMs] = [lost.get(host), waits.get(serviceUid) ?? 0];
    const isWaiting = want === "run" || exclusive !== undefined;
    return lostMs !== undefined && isWaiting && lostMs < waitsMs ? [waitsMs - lostMs] : [];
  }
  function ofFence({ want, present, exclusive }: PlacedInstance): number[] {
    return want === "drain" && present && exclusive !== undefined && exclusive.remainingMs > 0
      ? [exclusive.remainingMs]
      : [];
  }
}

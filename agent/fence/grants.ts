import {
  families,
  keys,
  observedOn,
  type Placed,
  type PlacementRecord,
  placementRecordsOn,
  type Reader,
} from "../store/index.ts";
import { type Confirmation, leaseLimits, waitMs } from "./lease.ts";

/** How long it is known when one was given up by another leader, in milliseconds: for tries again, once the wait is over. */
const keptMs = 10 * waitMs;

export interface GrantsPorts {
  /** As it was written. */
  readonly store: Reader;
  /** Since when nobody else has led; undefined while this server does not. */
  readonly ledSince: () => number | undefined;
  /** The beginning of the last look that proved it. */
  readonly provedAt: () => number | undefined;
  /** Milliseconds on the boot clock. */
  readonly now: () => number;
}

/** What this server tells hosts that they may run, and what they may therefore still be running. */
export interface Grants {
  /** For an answer that goes out now; undefined: nothing to confirm, or nobody to do so. */
  confirm(host: string): Confirmation | undefined;
  /** Whether anything on a host may run only by a leader's word. */
  isAwaited(host: string): boolean;
  /** For how many milliseconds an exclusive instance may go on without another word; 0 or less: none of it is left. */
  remainingMs(id: string): number;
  /**
   * The same, asked of any server; undefined for an instance that is not exclusive. Where another one leads, the time runs from
   * the first question after the instance was given up.
   */
  removableInMs(placed: Placed): number | undefined;
}

/**
 * Only a leader confirms, and only as long as its proof is young: one that was cut off goes silent by itself. What
 * another leader confirmed nobody knows: it counts until a whole wait after this one took over.
 */
export function createGrants({ store, ledSince, provedAt, now }: GrantsPorts): Grants {
  const confirmed = new Map<string, number>();
  const givenUp = new Map<string, number>();
  const exclusives = new WeakMap<PlacementRecord, readonly Placed[]>();

  /** Records are replaced, never changed: each is looked through once. */
  function exclusivesIn(record: PlacementRecord): readonly Placed[] {
    const known = exclusives.get(record);
    if (known) return known;
    const found = record.placements.filter((placed) => isExclusive(store, placed));
    exclusives.set(record, found);
    return found;
  }

  const exclusivesOn = (host: string) =>
    placementRecordsOn(store, host).flatMap(({ record }) => exclusivesIn(record));

  const isReported = (host: string, id: string) => observedOn(store, host).some((one) => one.id === id);

  /** One that is to go, and that its host has never told of, is not begun any more. */
  function mayRun(host: string, { id, want, isFenced = false }: Placed): boolean {
    return !isFenced && (want === "run" || isReported(host, id));
  }

  const runnable = (host: string) => exclusivesOn(host).filter((placed) => mayRun(host, placed));

  function forgetOld(): void {
    for (const id of confirmed.keys()) if (remainingMs(id) <= 0) confirmed.delete(id);
  }

  function remainingMs(id: string): number {
    const since = ledSince();
    if (since === undefined) return waitMs;
    return Math.max(since, confirmed.get(id) ?? since) + waitMs - now();
  }

  return {
    confirm(host) {
      const ids = runnable(host).map(({ id }) => id);
      const proved = ids.length === 0 ? undefined : provedAt();
      const at = now();
      if (proved === undefined || at - proved >= leaseLimits.leaseMs) return undefined;
      forgetOld();
      for (const id of ids) confirmed.set(id, at);
      return { ids, ageMs: at - proved };
    },
    isAwaited: (host) => runnable(host).length > 0,
    remainingMs,
    removableInMs(placed) {
      if (!isExclusive(store, placed)) return undefined;
      if (ledSince() !== undefined || placed.isFenced !== true) return remainingMs(placed.id);
      const askedAt = givenUp.get(placed.id) ?? now();
      // Whoever asks once more after all that time waits once more.
      for (const [id, at] of givenUp) if (now() - at > keptMs) givenUp.delete(id);
      givenUp.set(placed.id, askedAt);
      return askedAt + waitMs - now();
    },
  };
}

/** By the revision that it runs. */
export function isExclusive(
  store: Reader,
  { serviceUid, revision }: Pick<Placed, "serviceUid" | "revision">,
): boolean {
  return store.get(families.spec, keys.spec(serviceUid, revision))?.record.inputs.exclusive === true;
}

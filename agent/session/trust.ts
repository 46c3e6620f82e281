import { ConstellationError, type Digest, isDigest } from "../../contract/index.ts";
import { placementsOf } from "../services/index.ts";
import { families, keys, observedOn, placedOn, type Store } from "../store/index.ts";
import { lineageOf } from "./assignment.ts";
import type { Observation } from "./types.ts";
import { wireLimits } from "./wire.ts";

/**
 * What a host may say: of itself alone, and of instances that are placed on it or that it was believed to have. What it
 * makes up is left out, so that it fills no store. Throws `forbidden`, and `too-large`.
 */
export function ownOf(told: Observation, host: string, store: Store): Observation {
  if (told.host.name !== host)
    throw new ConstellationError("forbidden", `report: this is ${host}, not ${told.host.name}`);
  const here = new Set(placedOn(store, host).map(({ id }) => id));
  const before = new Set(observedOn(store, host).map(({ id }) => id));
  const isOld = ({ id }: { readonly id: string }) => before.has(id) && !here.has(id);
  // All placements of the cluster are looked through only where a host still tells of one that it has no more.
  const elsewhere = new Set(
    told.instances.some(isOld) ? placementsOf(store).map(({ placed }) => placed.id) : [],
  );
  const seen = new Set<string>();
  const instances = told.instances.filter((instance) => {
    const { id } = instance;
    const isOwn = here.has(id) || (isOld(instance) && !elsewhere.has(id));
    const isFirst = !seen.has(id);
    seen.add(id);
    return instance.host === host && isOwn && isFirst;
  });
  for (const part of [told.host, ...instances]) requireSmall(part);
  return { ...told, instances };
}

/** The images that a host's placements run, for which it may ask. */
export function imagesPlacedOn(host: string, store: Store): Digest[] {
  const specs = placedOn(store, host).map(({ serviceUid, revision }) =>
    store.get(families.spec, keys.spec(serviceUid, revision)),
  );
  return [...new Set(specs.map((spec) => spec?.record.imageDigest ?? ""))].filter(isDigest);
}

function requireSmall(part: object): void {
  const bytes = Buffer.byteLength(JSON.stringify(part));
  if (bytes <= wireLimits.reportBytes) return;
  throw new ConstellationError(
    "too-large",
    `report: ${bytes} bytes of one instance or the host; the most is ${wireLimits.reportBytes}`,
  );
}

/** Waits until the cache holds what a host has heard, perhaps of another server. Throws `unreachable` where it takes too long. */
export async function untilKnown(store: Store, heard: Observation["heard"]): Promise<void> {
  if (heard?.lineage === undefined || heard.lineage !== lineageOf(store).lineage) return;
  const { revision } = heard;
  if (store.revision() >= revision) return;
  await new Promise<void>((resolve, reject) => {
    const finish = (settle: () => void) => {
      clearTimeout(late);
      end();
      settle();
    };
    const behind = "report: this server is behind the one that you heard; try again";
    const late = setTimeout(
      () => finish(() => reject(new ConstellationError("unreachable", behind))),
      wireLimits.behindMs,
    );
    const end = store.subscribe((set) => set.revision >= revision && finish(resolve));
  });
}

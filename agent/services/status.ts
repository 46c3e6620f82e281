import type { Instance, ServiceStatus } from "../../contract/index.ts";
import { type Desired, families, keys, type Placed, type Store } from "../store/index.ts";
import type { Outlook } from "./loop.ts";
import type { Progress } from "./progress.ts";
import { newestSpec } from "./specs.ts";
import { observedInstances, placementsOf } from "./stored.ts";

/** A service's live state: what hosts report, and what they were told but have not reported on yet. */
export function serviceStatus(
  store: Store,
  outlook: Outlook,
  progress: Progress,
  service: Desired,
): ServiceStatus {
  const instances = instancesOf(store, ({ serviceUid }) => serviceUid === service.uid);
  return {
    observedRevision: outlook.observedRevision(service.uid),
    specRevision: newestSpec(store, service.uid)?.revision ?? 0,
    wanted: outlook.wanted(service),
    instances: progress.upon(instances),
    rejections: [...outlook.rejections(service.uid)],
  };
}

/** Every instance there is, or those that are asked for, in order of namespace, slot's position and id. */
export function instancesOf(
  store: Store,
  isAsked: (of: Pick<Placed, "serviceUid">) => boolean = () => true,
): Instance[] {
  const observed = observedInstances(store, isAsked);
  const isLost = (host: string) => store.get(families.host, keys.host(host))?.record.state === "lost";
  const unreported = placementsOf(store, isAsked)
    .filter(({ placed }) => placed.want === "run" && !observed.has(placed.id))
    .map(({ host, placed }) => ({
      ...unreportedInstance(store, host, placed),
      ...(isLost(host) && { state: "lost" as const }),
    }));
  return [...observed.values(), ...unreported].sort(
    (a, b) =>
      compare(a.namespace, b.namespace) ||
      compare(a.service, b.service) ||
      a.index - b.index ||
      compare(a.id, b.id),
  );
}

function unreportedInstance(store: Store, host: string, placed: Placed): Instance {
  const { id, namespace, service, serviceUid, name, index, address, revision, reason, at } = placed;
  const image = store.get(families.spec, keys.spec(serviceUid, revision))?.record.inputs.image;
  return {
    id,
    namespace,
    service,
    serviceUid,
    name,
    index,
    host,
    address,
    revision,
    state: "placed",
    healthy: false,
    reason,
    restarts: 0,
    image: String(image ?? ""),
    since: at,
  };
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

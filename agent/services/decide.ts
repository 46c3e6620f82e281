import { describeRejections, type HostCapacity, placeInstance, type Request } from "../scheduler/index.ts";
import type { Decision, Op, PlacedInstance, View, WantedService } from "./types.ts";

/**
 * What the leader does next. Pure: the same view, the same decision; carried out, it decides nothing more.
 *
 * - Every wanted slot gets an instance of the newest revision.
 * - start-first: the new one is placed beside the old one (at most `maxSurge` at once), which goes once the new one
 *   is healthy. No slot that was healthy is ever without a healthy instance.
 * - stop-first: the old one goes, and the new one is placed once nothing of the old one is left; at most
 *   `maxUnavailable` slots are on their way at once. A new revision that never gets healthy stops there.
 */
export function decide({ services, instances, hosts }: View): Decision {
  const room = createRoom(hosts);
  const rejections = new Map<string, { slot: string; message: string }[]>();
  const known = new Set(services.map(({ uid }) => uid));
  const orphans = instances.filter(({ serviceUid }) => !known.has(serviceUid));
  const ops: Op[] = [
    ...instances.filter(({ want, present }) => want === "drain" && !present).map(forget),
    ...orphans.filter(({ want }) => want === "run").map((orphan) => drain(orphan, "service deleted")),
  ];
  for (const service of [...services].sort(byName)) {
    const mine = instances.filter(({ serviceUid, want }) => serviceUid === service.uid && want === "run");
    const leaving = new Set(
      instances
        .filter(
          ({ want, namespace, service: name }) =>
            want === "drain" && namespace === service.namespace && name === service.name,
        )
        .map(({ index }) => index),
    );
    const rollout = service.strategy === "start-first" ? startFirst : stopFirst;
    const { drains, places } = rollout(service, slotsOf(service, mine), leaving);
    ops.push(...surplus(service, mine), ...drains);
    for (const { index, reason } of places) {
      const slot = slotName(service, index);
      const choice = room.take(service.request);
      if ("host" in choice) ops.push(place(service, index, choice.host, reason));
      else note(rejections, service.uid, { slot, message: describeRejections(choice.rejections) });
    }
  }
  return { ops, rejections };
}

interface Slot {
  readonly index: number;
  /** The instance of the newest revision. */
  readonly current: PlacedInstance | undefined;
  /** The instance of an older revision that still stands in. */
  readonly outdated: PlacedInstance | undefined;
  /** More instances than the two that have a part to play. */
  readonly extra: readonly PlacedInstance[];
  readonly healthy: boolean;
}

interface Plan {
  readonly drains: Op[];
  readonly places: { index: number; reason: string }[];
}

function slotsOf(service: WantedService, mine: readonly PlacedInstance[]): Slot[] {
  return Array.from({ length: service.replicas }, (_, index) => {
    const held = mine.filter((instance) => instance.index === index).sort(bestFirst);
    const [current, ...sameRevision] = held.filter(({ revision }) => revision === service.specRevision);
    const [outdated, ...older] = held.filter(({ revision }) => revision !== service.specRevision);
    return {
      index,
      current,
      outdated,
      extra: [...sameRevision, ...older],
      healthy: held.some(({ healthy }) => healthy),
    };
  });
}

function startFirst(service: WantedService, slots: readonly Slot[]): Plan {
  const plan: Plan = { drains: [], places: [] };
  let surge = slots.filter(({ current, outdated }) => current && outdated && !current.healthy).length;
  for (const { index, current, outdated, extra } of slots) {
    plan.drains.push(...extra.map((instance) => drain(instance, "its slot has another instance")));
    if (current?.healthy && outdated) plan.drains.push(drain(outdated, replacedBy(service)));
    if (!current && !outdated) plan.places.push({ index, reason: "wanted" });
    if (!current && outdated && surge < service.maxSurge) {
      surge += 1;
      plan.places.push({ index, reason: `replaces revision ${outdated.revision}` });
    }
  }
  return plan;
}

function stopFirst(service: WantedService, slots: readonly Slot[], leaving: ReadonlySet<number>): Plan {
  const plan: Plan = { drains: [], places: [] };
  const leastHealthy = service.replicas - service.maxUnavailable;
  let healthy = slots.filter((slot) => slot.healthy).length;
  let moving = slots.filter((slot) => !slot.outdated && !slot.healthy).length;
  // Slots that serve nobody lose nothing: they go first.
  for (const slot of [...slots].sort((a, b) => Number(a.healthy) - Number(b.healthy) || a.index - b.index)) {
    const { index, current, outdated, extra } = slot;
    plan.drains.push(...extra.map((instance) => drain(instance, "its slot has another instance")));
    if (!current && !outdated && !leaving.has(index)) plan.places.push({ index, reason: "wanted" });
    if (!outdated) continue;
    const affordable = moving < service.maxUnavailable && (!slot.healthy || healthy - 1 >= leastHealthy);
    if (current?.healthy || affordable) {
      plan.drains.push(drain(outdated, replacedBy(service)));
      if (current?.healthy) continue;
      moving += 1;
      if (slot.healthy) healthy -= 1;
    }
  }
  return plan;
}

/** Slots beyond the wanted ones: unhealthy and outdated first; healthy ones only while enough others are healthy. */
function surplus(service: WantedService, mine: readonly PlacedInstance[]): Op[] {
  const { replicas, strategy, maxUnavailable } = service;
  const least = strategy === "start-first" ? replicas : Math.max(0, replicas - maxUnavailable);
  let healthy = new Set(mine.filter((instance) => instance.healthy).map(({ index }) => index)).size;
  const beyond = mine.filter(({ index }) => index >= replicas);
  return beyond
    .sort((a, b) => bestFirst(b, a) || b.index - a.index)
    .flatMap((instance) => {
      if (instance.healthy && healthy - 1 < least) return [];
      if (instance.healthy) healthy -= 1;
      return [drain(instance, `replicas lowered to ${replicas}`)];
    });
}

/** Free room on the hosts, less what this decision has given away. */
function createRoom(hosts: readonly HostCapacity[]) {
  const left = hosts.map((host) => ({ ...host, reserved: { ...host.reserved } }));
  return {
    take(request: Request) {
      const choice = placeInstance(request, left);
      const host = "host" in choice ? left.find(({ name }) => name === choice.host) : undefined;
      if (host) {
        host.reserved.cpu += request.cpu;
        host.reserved.memory += request.memory;
      }
      return choice;
    },
  };
}

const slotName = ({ name }: { name: string }, index: number) => `${name}-${index}`;
const replacedBy = ({ specRevision }: WantedService) => `replaced by revision ${specRevision}`;
const byName = (a: WantedService, b: WantedService) =>
  `${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1;
const bestFirst = (a: PlacedInstance, b: PlacedInstance) =>
  Number(b.healthy) - Number(a.healthy) ||
  b.revision - a.revision ||
  (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

function place(service: WantedService, index: number, host: string, reason: string): Op {
  const { uid, namespace, name, specRevision } = service;
  return {
    kind: "place",
    uid,
    namespace,
    service: name,
    slot: slotName(service, index),
    index,
    revision: specRevision,
    host,
    reason,
  };
}

function drain(instance: PlacedInstance, reason: string): Op {
  return { kind: "drain", ...about(instance), reason };
}

function forget(instance: PlacedInstance): Op {
  return { kind: "forget", ...about(instance), reason: "nothing of it is left" };
}

function about({ id, namespace, service, index, host }: PlacedInstance) {
  return { id, namespace, service, slot: `${service}-${index}`, host };
}

function note<T>(map: Map<string, T[]>, key: string, item: T): void {
  map.set(key, [...(map.get(key) ?? []), item]);
}

import { type Fleet, leaveReason, type Machine, welcome } from "../scheduler/index.ts";
import type { PlacedInstance, WantedService } from "./types.ts";

/** An instance that stands in for another, and why it is to go. */
export interface Outdated {
  readonly instance: PlacedInstance;
  /** What the other one is placed for: `replaces revision 1`. */
  readonly reason: string;
  /** It could stay, were its host another one: better there than nowhere. */
  readonly isMove: boolean;
}

export interface Slot {
  readonly index: number;
  /** The only host that will do. */
  readonly only: string | undefined;
  /** The instance of the newest revision, where it belongs. */
  readonly current: PlacedInstance | undefined;
  readonly outdated: Outdated | undefined;
  /** More instances than the two that have a part to play. */
  readonly extra: readonly PlacedInstance[];
  readonly healthy: boolean;
  /** Why a missing instance is wanted. */
  readonly wanted: string;
}

/**
 * The slots of a service, each with what fills it; instances on lost hosts fill none once they are to be replaced. `ended`: those
 * that were given up, and can run no more.
 */
export function slotsOf(
  service: WantedService,
  mine: readonly PlacedInstance[],
  fleet: Fleet,
  ended: readonly PlacedInstance[] = [],
): Slot[] {
  const { replicas, perHost } = service;
  if (perHost) return hostSlots(service, mine, fleet);
  const byIndex = Map.groupBy(mine, ({ index }) => index);
  const lostHosts = new Map(ended.map(({ index, host }) => [index, host]));
  return Array.from({ length: replicas }, (_, index) => {
    const slot = slotOf(service, index, undefined, byIndex.get(index) ?? [], fleet);
    const host = lostHosts.get(index);
    return host === undefined ? slot : { ...slot, wanted: lost(host) };
  });
}

/** One for each host that takes an instance or may keep the one it has; numbers are kept, new ones fill the gaps. */
function hostSlots(service: WantedService, mine: readonly PlacedInstance[], fleet: Fleet): Slot[] {
  const byHost = Map.groupBy(mine, ({ host }) => host);
  const welcomes = fleet.welcome(service.request);
  const hosts = fleet.machines.filter((machine, at) =>
    byHost.has(machine.name)
      ? leaveReason(service.request, machine) === undefined
      : welcomes[at] !== welcome.never,
  );
  const taken = new Set(mine.map(({ index }) => index));
  let next = 0;
  const free = () => {
    while (taken.has(next)) next++;
    return next++;
  };
  return hosts.map(({ name }) => {
    const held = byHost.get(name) ?? [];
    const index = held.length > 0 ? Math.min(...held.map((one) => one.index)) : free();
    return slotOf(service, index, name, held, fleet);
  });
}

function slotOf(
  service: WantedService,
  index: number,
  only: string | undefined,
  all: readonly PlacedInstance[],
  fleet: Fleet,
): Slot {
  const machineOf = ({ host }: PlacedInstance) => fleet.machines[fleet.indexOf.get(host) ?? -1];
  const held = all
    .filter((instance) => only !== undefined || !isReplaceable(service, machineOf(instance)))
    .sort(bestFirst(service));
  const goes = new Map(held.map((one) => [one, outdatedReason(service, one, machineOf(one))]));
  const [current, ...alike] = held.filter((one) => goes.get(one) === undefined);
  const [outdated, ...older] = held.filter((one) => goes.get(one) !== undefined);
  const gone = all.find((one) => !held.includes(one));
  return {
    index,
    only,
    current,
    outdated: outdated && { instance: outdated, ...(goes.get(outdated) ?? { reason: "", isMove: false }) },
    extra: [...alike, ...older],
    healthy: held.some(({ healthy }) => healthy),
    wanted: gone ? lost(gone.host) : "wanted",
  };
}

const lost = (host: string) => `${host} is lost`;

/** Its host is lost for long enough. */
export function isReplaceable(
  service: Pick<WantedService, "disconnect"> | undefined,
  machine: Machine | undefined,
): boolean {
  const replaceAfterMs = service?.disconnect.replaceAfterMs ?? 0;
  return machine?.state === "lost" && (machine.lostMs ?? 0) >= replaceAfterMs;
}

function outdatedReason(
  service: WantedService,
  instance: PlacedInstance,
  machine: Machine | undefined,
): Pick<Outdated, "reason" | "isMove"> | undefined {
  if (instance.revision !== service.specRevision)
    return { reason: `replaces revision ${instance.revision}`, isMove: false };
  const leave = machine && !service.perHost ? leaveReason(service.request, machine) : undefined;
  if (leave !== undefined) return { reason: leave, isMove: true };
  if (machine && !service.perHost && isStuck(instance, machine))
    return { reason: `${machine.name} has a full disk`, isMove: true };
  return instance.isMoving ? { reason: `${instance.host} has more than its share`, isMove: true } : undefined;
}

/** What serves on a full disk goes on there; what does not may never do so, and its host perhaps cannot even say it. */
const isStuck = ({ healthy }: PlacedInstance, { state, isDiskFull }: Machine) =>
  state === "ready" && isDiskFull === true && !healthy;

/** Of several in one slot, whose place is the safest. */
export function bestFirst({ disconnect }: Pick<WantedService, "disconnect">) {
  const age = disconnect.reconcile === "original" ? 1 : -1;
  return (a: PlacedInstance, b: PlacedInstance) =>
    Number(b.healthy) - Number(a.healthy) ||
    b.revision - a.revision ||
    age * compare(a.at, b.at) ||
    compare(a.id, b.id);
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

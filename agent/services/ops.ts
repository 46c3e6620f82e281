import type { Op, PlacedInstance, WantedService } from "./types.ts";

export const slotName = ({ name }: { readonly name: string }, index: number) => `${name}-${index}`;

export function place(service: WantedService, index: number, host: string, reason: string): Op {
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

export function drain(instance: PlacedInstance, reason: string): Op {
  return { kind: "drain", ...about(instance), reason };
}

export function move(instance: PlacedInstance, reason: string): Op {
  return { kind: "move", ...about(instance), reason };
}

export function fence(instance: PlacedInstance): Op {
  return { kind: "fence", ...about(instance), reason: `${instance.host} is lost` };
}

export function forget(instance: PlacedInstance): Op {
  return { kind: "forget", ...about(instance), reason: "nothing of it is left" };
}

/** Nothing of it is left on its host. */
export const isGone = ({ want, present }: PlacedInstance) => want === "drain" && !present;

/** It was given up, and can run no more: its slot's next one need not wait until it is forgotten as well. */
export const isEnded = (one: PlacedInstance) => isGone(one) && one.exclusive?.isFenced === true;

function about({ id, namespace, service, index, host }: PlacedInstance) {
  return { id, namespace, service, slot: `${service}-${index}`, host };
}

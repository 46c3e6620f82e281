import {
  type BatchWant,
  chooseBatch,
  describeRejections,
  type Fleet,
  rejectionsOf,
} from "../scheduler/index.ts";
import { drain, place, slotName } from "./ops.ts";
import { type Planned, wantOf } from "./plan.ts";
import { createRoom } from "./room.ts";
import type { Slot } from "./slots.ts";
import type { Op, PlacedInstance, WantedService } from "./types.ts";

interface Wanted {
  readonly service: WantedService;
  readonly slot: Slot;
  readonly reason: string;
  readonly want: BatchWant;
}

/**
 * Chooses hosts for all that are equally important together; where none takes a slot, room may be made for it before
 * anything less important gets a place.
 */
export function placeAll(planned: readonly Planned[], instances: readonly PlacedInstance[], fleet: Fleet) {
  const rejections = new Map<string, { slot: string; message: string }[]>();
  const ops: Op[] = [];
  const wanted = planned.flatMap(({ service, places }) =>
    places.map(({ slot, reason }): Wanted => ({ service, slot, reason, want: wantOf(service, slot) })),
  );
  let known: ReadonlyMap<string, PlacedInstance> | undefined;
  const running = () => {
    known ??= new Map(instances.filter(({ want }) => want === "run").map((one) => [one.id, one]));
    return known;
  };
  const makeRoom = createRoom(fleet, ({ id }) => running().has(id));
  // Planned the most important first.
  for (const level of Map.groupBy(wanted, ({ service }) => service.request.priority).values()) {
    const wants = level.map(({ want }) => want);
    const choices = chooseBatch(fleet, wants);
    for (const { service, slot, reason, want } of level) {
      const choice = choices.get(want.key);
      if (choice && "host" in choice) {
        ops.push(place(service, slot.index, choice.host, reason));
        continue;
      }
      const name = slotName(service, slot.index);
      const room = makeRoom(want);
      const why = `makes room for ${name}, which has priority ${want.request.priority}`;
      const victims = room?.victims.flatMap(({ id }) => running().get(id) ?? []) ?? [];
      ops.push(...victims.map((victim) => drain(victim, why)));
      // What only evens out the load waits until it can.
      if (room || slot.outdated?.instance.isMoving) continue;
      const message = describeRejections(rejectionsOf(fleet, want));
      rejections.set(service.uid, [...(rejections.get(service.uid) ?? []), { slot: name, message }]);
    }
  }
  return { places: ops, rejections };
}

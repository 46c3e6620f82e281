import {
  type BatchWant,
  type Fleet,
  type Occupant,
  occupantOf,
  preempt,
  preemptionBounds,
} from "../scheduler/index.ts";

/** Where an instance gets room, and what is stopped for it: nothing where what is on its way out there is enough. */
export interface Room {
  readonly host: string;
  readonly victims: readonly Occupant[];
}

/**
 * Room made by stopping what is less important, for some in one decision. The fleet holds the instance from then on,
 * so that nobody else counts on the same room. undefined: stopping helps nowhere. `canStop` tells what may be stopped.
 */
export function createRoom(fleet: Fleet, canStop: (occupant: Occupant) => boolean = () => true) {
  let asked = 0;
  return (want: BatchWant): Room | undefined => {
    if (asked++ >= preemptionBounds.perDecision) return undefined;
    const made = preempt(fleet, want, canStop);
    if (made === undefined) return undefined;
    const victims = made.kind === "stop" ? made.victims : [];
    for (const victim of victims) {
      fleet.take(victim);
      fleet.put({ ...victim, leaving: true });
    }
    fleet.put(occupantOf(want, made.host));
    return { host: made.host, victims };
  };
}

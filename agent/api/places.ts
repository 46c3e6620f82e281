import { ConstellationError } from "../../contract/index.ts";

/** Takes a place and returns what gives it back, repeatable; throws `busy` where none is left. */
export type TakePlace = () => () => void;

/** As many places as may be taken at once. `what` is the action: `follow events`. */
export function createPlaces(limit: number, what: string): TakePlace {
  let taken = 0;
  return () => {
    if (taken >= limit) {
      const reason = `${limit} at once are allowed, and as many are under way`;
      throw new ConstellationError("busy", `${what}: ${reason}; close some, or try again`);
    }
    taken += 1;
    let isHeld = true;
    return () => {
      if (isHeld) taken -= 1;
      isHeld = false;
    };
  };
}

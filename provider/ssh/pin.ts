import { placesOf } from "./places.ts";
import type { HostKeys, Login, Target } from "./types.ts";

/**
 * The same target, which holds the host keys that were seen where it pins none itself, marked as recorded; its jump
 * hosts too.
 */
export function pinTo(target: Target, seen: HostKeys): Target {
  const places = placesOf(target);
  const pinned = <L extends Login>(login: L, hop: number): L => {
    const hostKey = seen[places[hop] ?? ""];
    return login.hostKey !== undefined || hostKey === undefined
      ? login
      : { ...login, hostKey, isKeyRecorded: true };
  };
  return { ...pinned(target, places.length - 1), ...(target.jump && { jump: target.jump.map(pinned) }) };
}

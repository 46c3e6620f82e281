import { whereOf } from "./failures.ts";
import type { HostKeys, Login, Target } from "./types.ts";

/**
 * The same target, which holds the host keys that were seen where it pins none itself, marked as recorded; its jump
 * hosts too.
 */
export function pinTo(target: Target, seen: HostKeys): Target {
  const pinned = <L extends Login>(login: L): L => {
    const hostKey = seen[whereOf(login)];
    return login.hostKey !== undefined || hostKey === undefined
      ? login
      : { ...login, hostKey, isKeyRecorded: true };
  };
  return { ...pinned(target), ...(target.jump && { jump: target.jump.map(pinned) }) };
}

import { whereOf } from "./failures.ts";
import type { HostKeys, Login, Target } from "./types.ts";

/** The same target, which pins the host keys that were seen where it pins none itself; its jump hosts too. */
export function pinTo(target: Target, seen: HostKeys): Target {
  const pinned = <L extends Login>(login: L): L => {
    const hostKey = login.hostKey ?? seen[whereOf(login)];
    return hostKey === undefined ? login : { ...login, hostKey };
  };
  return { ...pinned(target), ...(target.jump && { jump: target.jump.map(pinned) }) };
}

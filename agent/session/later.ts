import type { HostSession } from "./types.ts";

/** A session that waits for the one to come: a host runs what it was told last before any server answers. */
export function laterSession(coming: Promise<HostSession>): HostSession {
  let current: HostSession | undefined;
  const came = coming.then((session) => {
    current = session;
    return session;
  });
  const untold = () => undefined; // That none came is told by whoever waits for it.
  came.catch(untold);
  return {
    onPlacing: (callback) => void came.then((session) => session.onPlacing(callback), untold),
    async *assignments(signal) {
      yield* (await came).assignments(signal);
    },
    report: async (observation) => await (await came).report(observation),
    progress: (instanceId, message) => current?.progress(instanceId, message),
  };
}

import type { Instance } from "../../contract/index.ts";
import { createPulse } from "../lib/pulse.ts";
import { createSerial } from "../lib/serial.ts";
import { observedInstances } from "../services/index.ts";
import type { Store } from "../store/index.ts";
import type { Assignments } from "./assignments.ts";
import { isSameBesideRevision } from "./order.ts";
import { storeObservation } from "./report.ts";
import type { Assignment, HostSession, Observation } from "./types.ts";

export interface LocalSessionOptions {
  /** With the hosts' states. */
  readonly store: Store;
  /** As hosts' reports are written. */
  readonly records: Store;
  readonly assignments: Assignments;
  readonly host: string;
  readonly onPlacing: HostSession["onPlacing"];
  /** A passing message about an instance, which is given as it was last reported. */
  readonly onProgress: (instance: Instance, message: string) => void;
}

/** The session of a host that runs in the same process as the server. */
export function createLocalSession(options: LocalSessionOptions): HostSession {
  const { store, records, host, onPlacing, onProgress } = options;
  const serial = createSerial();
  let waiting: { observation: Observation; stored: Promise<void> } | undefined;
  return {
    onPlacing,

    async *assignments(signal) {
      const pulse = createPulse();
      const unsubscribe = options.assignments.subscribe(() => pulse.fire());
      let last: Assignment | undefined;
      try {
        while (!signal.aborted) {
          await options.assignments.rested();
          const next = options.assignments.of(host);
          if (next && !isSameBesideRevision(last, next)) {
            last = next;
            yield next;
          }
          await pulse.wait(signal);
        }
      } finally {
        unsubscribe();
      }
    },

    report(observation) {
      // A report that has not begun to be written yet is overtaken by the newer one.
      if (waiting) {
        waiting.observation = observation;
        return waiting.stored;
      }
      const next = { observation, stored: Promise.resolve() };
      waiting = next;
      next.stored = serial(() => {
        waiting = undefined;
        return storeObservation(records, next.observation);
      });
      return next.stored;
    },

    progress(instanceId, message) {
      const instance = observedInstances(store).get(instanceId);
      if (instance) onProgress(instance, message);
    },
  };
}

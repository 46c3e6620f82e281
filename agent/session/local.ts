import type { Instance } from "../../contract/index.ts";
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
      let last: Assignment | undefined;
      for await (const next of options.assignments.follow(host, signal)) {
        if (next === undefined || isSameBesideRevision(last, next)) continue;
        last = next;
        yield next;
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

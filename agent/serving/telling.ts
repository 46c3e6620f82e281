import type { Logger } from "pino";
import type { Instance } from "../../contract/index.ts";
import type { Feed } from "../events/index.ts";
import type { WatchOptions } from "../hosts/index.ts";

export interface Telling extends Pick<WatchOptions, "onChange" | "onDisk"> {
  /** The leader has looked at a revision of a service. */
  onObserved(service: { readonly namespace: string; readonly name: string; readonly revision: number }): void;
  /** Passing words of an instance that starts. */
  onProgress(instance: Instance, message: string): void;
}

/** What this server tells whoever follows events, and its log, that no record says. */
export function createTelling(feed: Pick<Feed, "tell">, now: () => Date, log: Logger): Telling {
  const at = () => now().toISOString();
  return {
    onChange({ name, state, silentMs }) {
      const message =
        state === "ready" ? "it answers" : `nothing was heard of it for ${Math.round(silentMs / 100) / 10} s`;
      log.warn({ host: name, silentMs: Math.round(silentMs) }, `a host is ${state}`);
      feed.tell({ type: "host", name, state, message, at: at() });
    },
    onDisk({ name, state, isDiskFull }) {
      const message = isDiskFull ? "its disk is full: it gets nothing new" : "its disk has room again";
      log.warn({ host: name }, `of a host: ${message}`);
      feed.tell({ type: "host", name, state, message, at: at() });
    },
    onObserved({ namespace, name, revision }) {
      const message = `revision ${revision} taken in`;
      feed.tell({ type: "decision", namespace, service: name, message, at: at() });
    },
    onProgress({ id, namespace, service }, message) {
      feed.tell({ type: "progress", namespace, service, instance: id, message, at: at() });
    },
  };
}

import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { createPulse } from "../lib/pulse.ts";
import { instanceLimits } from "./limits.ts";

/**
 * Tells the servers of this host's instances, all of them in every report: each report is a write to their store, a
 * pass of the leader and a new assignment. So while many instances start, what is good news goes in reports they share.
 */
export interface Reporting {
  /** Something that somebody must act upon, or waits for. */
  soon(): void;
  /** One more instance is on its way or has arrived: told with what else comes soon, at once where nothing does. */
  together(): void;
  /** Reports until the signal aborts; a failed report is made again. */
  run(signal: AbortSignal): Promise<void>;
}

export interface ReportingPorts {
  readonly send: () => Promise<void>;
  /** Something is to be told. */
  readonly onNews: () => void;
  /** Whether more instances are about to run. */
  readonly areMoreComing: () => boolean;
  readonly log: Logger;
}

export function createReporting({ send, onNews, areMoreComing, log }: ReportingPorts): Reporting {
  const news = createPulse();
  let reportedAt = Number.NEGATIVE_INFINITY;
  let shared: NodeJS.Timeout | undefined;

  return {
    soon() {
      onNews();
      news.fire();
    },
    together() {
      onNews();
      const waitMs = reportedAt + instanceLimits.sharedReportMs - performance.now();
      if (waitMs <= 0 || !areMoreComing()) news.fire();
      else shared ??= setTimeout(news.fire, waitMs).unref();
    },
    async run(signal) {
      while (!signal.aborted) {
        await news.wait(signal);
        const restMs = reportedAt + instanceLimits.reportRestMs - performance.now();
        await delay(Math.max(instanceLimits.gatherMs, restMs), undefined, { signal }).catch(() => undefined);
        if (signal.aborted) break;
        reportedAt = performance.now();
        clearTimeout(shared);
        shared = undefined;
        news.clear();
        try {
          await send();
        } catch (error) {
          log.warn({ err: error }, "cannot report instances; trying again");
          news.fire();
          await delay(instanceLimits.reportAgainMs, undefined, { signal }).catch(() => undefined);
        }
      }
      clearTimeout(shared);
    },
  };
}

import { once } from "node:events";
import { createServer } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";

const limits = { arrivalMs: 30_000 };

/** Hears the workloads tell when they reached their first instruction. */
export interface Arrivals {
  /** CLOCK_MONOTONIC in nanoseconds, of the workload with that host name that arrived since it was last asked for. */
  take(hostname: string): Promise<bigint>;
  close(): void;
}

/** Listens on a unix socket. It costs the machine nothing while it waits, as looking again and again would. */
export async function listenForArrivals(path: string): Promise<Arrivals> {
  const arrived = new Map<string, bigint>();
  const waiting = new Map<string, () => void>();
  const server = createServer((socket) => {
    text(socket).then(
      (line) => {
        const [hostname = "", ns = ""] = line.trim().split(" ");
        arrived.set(hostname, BigInt(ns));
        waiting.get(hostname)?.();
      },
      () => {}, // killed while it spoke: whoever waits for it says so
    );
  });
  await once(server.listen(path), "listening");
  return {
    async take(hostname) {
      const timer = new AbortController();
      const seen = new Promise<void>((resolve) => waiting.set(hostname, resolve));
      const wait = delay(limits.arrivalMs, undefined, { signal: timer.signal }).catch(() => {});
      if (!arrived.has(hostname)) await Promise.race([seen, wait]);
      timer.abort();
      waiting.delete(hostname);
      const ns = arrived.get(hostname);
      arrived.delete(hostname);
      if (ns !== undefined) return ns;
      throw new Error(`await workload ${hostname}: no first instruction within ${limits.arrivalMs} ms`);
    },
    close: () => void server.close(),
  };
}

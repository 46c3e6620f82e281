import { setTimeout as delay } from "node:timers/promises";
import { ConstellationError } from "../../contract/index.ts";
import type { Copies } from "./copies.ts";
import type { KeepCopiesPorts } from "./keep.ts";

/** Less than a client waits for its answer, in milliseconds. */
const patienceMs = 20_000;

export interface HandOverPorts extends Pick<KeepCopiesPorts, "uploads" | "blobsOf" | "signal"> {
  readonly copies: Pick<Copies, "spread">;
  /** Instead of the usual patience. */
  readonly patienceMs?: number;
}

/**
 * What is to be done before a server goes: uploads in use get to those that stay. Throws `busy` where none of them
 * takes one, or where it takes longer than somebody waits: then it goes on, and the next call waits for the same.
 */
export function createHandOver(ports: HandOverPorts): (server: string) => Promise<void> {
  const { copies, uploads, blobsOf, signal } = ports;
  const underWay = new Map<string, Promise<void>>();

  const spreadAll = async (server: string) => {
    for (const image of uploads()) await copies.spread([...(await blobsOf(image))], server, signal);
  };
  const begun = (server: string) => {
    const known = underWay.get(server);
    if (known) return known;
    const work = spreadAll(server).finally(() => underWay.delete(server));
    work.catch(() => undefined); // Whoever waits is told.
    underWay.set(server, work);
    return work;
  };

  return async (server) => {
    const settled = new AbortController();
    const late = delay(ports.patienceMs ?? patienceMs, undefined, { signal: settled.signal }).then(() => {
      const problem = "uploaded images that it has are on their way to the servers that stay";
      throw new ConstellationError("busy", `remove server ${server}: ${problem}; try again in a while`);
    });
    try {
      await Promise.race([begun(server), late]);
    } finally {
      late.catch(() => undefined);
      settled.abort();
    }
  };
}

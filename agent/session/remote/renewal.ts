import { setTimeout as delay } from "node:timers/promises";
import { ConstellationError } from "../../../contract/index.ts";
import { type Credentials, isDueForRenewal, judge } from "../../identity/index.ts";
import { ask, dial } from "../../link/index.ts";
import { paths, renewed } from "../wire.ts";

const bounds = { lookMs: 60_000, retryMs: 10_000 } as const;

export interface RenewalOptions {
  readonly credentials: () => Credentials;
  readonly servers: () => readonly string[];
  /** Keeps them, and uses them from now on. */
  readonly onRenewed: (credentials: Credentials) => void;
  readonly onTrouble: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** Exchanges this host's certificate for a new one when half of its life is over; one that has ended, too. Never rejects. */
export async function keepCertificate(options: RenewalOptions): Promise<void> {
  const { credentials, signal, onRenewed, onTrouble } = options;
  let pauseMs = 0;
  while (await delay(pauseMs, true, { signal, ref: false }).catch(() => false)) {
    pauseMs = bounds.lookMs;
    const own = judge(credentials().certificate, credentials().authority, new Date());
    if ("refusal" in own) onTrouble(new ConstellationError("forbidden", `renew certificate: ${own.refusal}`));
    if ("refusal" in own || !isDueForRenewal(own, new Date())) continue;
    try {
      onRenewed(await renew(options));
    } catch (error) {
      onTrouble(error);
      pauseMs = bounds.retryMs;
    }
  }
}

/** From the first server that gives one. */
async function renew({ credentials, servers, signal }: RenewalOptions): Promise<Credentials> {
  const current = credentials();
  let trouble: unknown;
  for (const server of servers()) {
    try {
      const { session, close } = await dial(server, { credentials: current }, signal);
      try {
        const { certificate } = await ask(session, paths.certificate, {}, renewed);
        const judged = judge(certificate, current.authority, new Date());
        if ("refusal" in judged) throw new ConstellationError("forbidden", judged.refusal);
        return { ...current, certificate };
      } finally {
        close();
      }
    } catch (error) {
      trouble = error;
    }
  }
  throw trouble;
}

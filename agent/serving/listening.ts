import type { Authority, Credentials } from "../identity/index.ts";
import { createPulse } from "../lib/pulse.ts";
import { type Listener, type ListenerOptions, listen } from "../link/index.ts";
import { ownCredentials } from "../own-certificate.ts";
import { families, keys, type Store } from "../store/index.ts";

/** In milliseconds. */
const bounds = {
  /** After a failure, and between two looks at the certificate. */
  retryMs: 2_000,
  lookMs: 60_000,
} as const;

export interface ListeningOptions extends Omit<ListenerOptions, "address" | "credentials"> {
  readonly store: Store;
  readonly self: string;
  readonly stateDir: string;
  readonly authority: () => Promise<Authority>;
  readonly signal: AbortSignal;
}

export interface Listening {
  /** Why no other machine reaches this one just now; undefined where they do, or where none is to. */
  trouble(): string | undefined;
  /** Resolves after the abort. */
  readonly running: Promise<void>;
}

/**
 * Listens for the cluster's hosts where this server's record says that it is reached; not at all while that says nothing.
 * What fails is tried again.
 */
export function keepListening(options: ListeningOptions): Listening {
  let told: string | undefined;
  let unheard: string | undefined;
  const running = listenOn(options, (trouble, isHeard) => {
    const what = isHeard ? "cannot renew the certificate that hosts know it by" : "cannot listen for hosts";
    if (trouble !== undefined && trouble.message !== told) options.log.error({ err: trouble }, what);
    told = trouble?.message;
    unheard = isHeard ? undefined : told;
  });
  return { trouble: () => unheard, running };
}

/** `tell`: how each try ended, and whether it listens all the same. */
async function listenOn(
  options: ListeningOptions,
  tell: (trouble: Error | undefined, isHeard: boolean) => void,
) {
  const { store, self, log, signal } = options;
  const pulse = createPulse();
  pulse.fire();
  const unsubscribe = store.subscribe(({ changes }) => {
    if (addressOf(store, self) !== current?.address) pulse.fire();
    if (changes.some(({ key }) => key.startsWith(families.host.prefix))) current?.listener.review();
  });
  let current:
    | { readonly address: string; readonly listener: Listener; credentials: Credentials }
    | undefined;
  let hasFailed = false;
  while (!signal.aborted) {
    await pulse.wait(signal, hasFailed ? bounds.retryMs : bounds.lookMs);
    const address = signal.aborted ? undefined : addressOf(store, self);
    try {
      if (current && current.address !== address) {
        await current.listener.close();
        log.info({ address: current.address }, "listens for hosts no longer");
        current = undefined;
      }
      hasFailed = false;
      if (address === undefined) {
        tell(undefined, false);
        continue;
      }
      const credentials = await ownCredentials({ ...options, address });
      if (current === undefined) {
        const listener = await listen({ ...options, address, credentials });
        current = { address, listener, credentials };
        log.info({ address }, "listens for hosts");
      } else if (current.credentials.certificate !== credentials.certificate) {
        current.listener.renew(credentials);
        current.credentials = credentials;
      }
      tell(undefined, true);
    } catch (error) {
      hasFailed = true;
      tell(error instanceof Error ? error : new Error(String(error)), current !== undefined);
    }
  }
  unsubscribe();
  await current?.listener.close();
}

const addressOf = (store: Store, self: string) => store.get(families.host, keys.host(self))?.record.address;

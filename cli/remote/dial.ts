import { setTimeout as sleep } from "node:timers/promises";
import { limits, type RemoteAddress } from "../../contract/index.ts";
import type { Tunnel } from "../../contract/tunnel/index.ts";

/** The question that needs the way waits no longer. */
const returnMs = limits.requestTimeoutMs;
const pauseMs = 1_000;

export interface Remote {
  readonly address: RemoteAddress;
  /** Ends the login; without one, does nothing. */
  close(): void;
}

export interface Dialling {
  /** For messages. */
  readonly name: string;
  /** One login; what it opens ends with the signal. */
  readonly open: (signal: AbortSignal) => Promise<Tunnel>;
  /** A login that worked was lost; it is tried again. */
  readonly onLost: () => void;
  readonly returnMs?: number;
  readonly pauseMs?: number;
}

/**
 * One login for all connections, not made before the first. A first one that fails is final, as is all of it then; one
 * that worked and was lost is made again, for a while.
 */
export function keptRemote(dialling: Dialling): Remote {
  const left = new AbortController();
  let current: Promise<Tunnel> | undefined;
  let wasOpen = false;
  const open = (): Promise<Tunnel> => {
    const opening = wasOpen ? openAgain(dialling, left.signal) : dialling.open(left.signal);
    opening
      .then(async ({ closed }) => {
        wasOpen = true;
        await closed;
        current = undefined;
        if (!left.signal.aborted) dialling.onLost();
      })
      .catch(() => undefined); // whoever asked for it is told
    return opening;
  };
  return {
    address: {
      name: dialling.name,
      async dial() {
        current ??= open();
        return await (await current).dial();
      },
    },
    close: () => left.abort(),
  };
}

async function openAgain(dialling: Dialling, signal: AbortSignal): Promise<Tunnel> {
  const deadline = performance.now() + (dialling.returnMs ?? returnMs);
  for (;;) {
    try {
      return await dialling.open(signal);
    } catch (error) {
      if (signal.aborted || performance.now() > deadline) throw error;
      await sleep(dialling.pauseMs ?? pauseMs, undefined, { signal });
    }
  }
}

import { setTimeout as delay } from "node:timers/promises";
import { type Client, type ConnectOptions, ConstellationError } from "../../contract/index.ts";
import { type Choice, createChooser } from "./choose.ts";
import type { Operation } from "./types.ts";

export interface ClientsOptions {
  readonly servers: readonly Way[];
  /** Clients at once. */
  readonly count?: number;
  /** Documents that they change. */
  readonly keys?: readonly string[];
  readonly seed: number;
}

/** A client of a server's API, made before each call; undefined while its power is off. */
export type Way = (options: Pick<ConnectOptions, "onStale">) => Client | undefined;

/** Clients that change documents without pause. */
export interface Clients {
  /** How many calls were done so far. */
  done(): number;
  /** Ends them, reads each document once more from each server, and returns all calls. */
  stop(): Promise<readonly Operation[]>;
}

const pauseMs = 15;
const namespace = "default";
const plural = "configfiles";

/** Each of them goes to a server at random, call by call, and knows of each document what it saw last. */
export function startClients({ servers, count = 5, keys = ["a", "b", "c"], seed }: ClientsOptions): Clients {
  const history: Operation[] = [];
  const ending = new AbortController();
  const startedAt = process.hrtime.bigint();
  const now = () => Number(process.hrtime.bigint() - startedAt) + 1;

  const perform = async (client: number, way: Way, choice: Choice): Promise<Operation | undefined> => {
    let isStale = false;
    const onStale = () => {
      isStale = true;
    };
    const server = way({ onStale });
    if (server === undefined) return undefined;
    const call = now();
    const outcome = await ask(server, client, choice);
    const isKnown = outcome.outcome !== "unknown";
    if (choice.kind === "get" && (isStale || !isKnown)) return undefined; // it says nothing
    const operation = { client, ...choice, call, ...outcome, ...(isKnown && { return: now() }) };
    history.push(operation);
    return operation;
  };

  const live = async (client: number) => {
    const chooser = createChooser(client, keys, seed);
    while (!ending.signal.aborted) {
      const choice = chooser.choose();
      chooser.learn((await perform(client, chooser.pick(servers), choice)) ?? choice);
      await delay(pauseMs);
    }
  };

  const lives = Promise.all(Array.from({ length: count }, async (_, client) => await live(client)));
  return {
    done: () => history.filter(({ outcome }) => outcome === "done").length,
    async stop() {
      ending.abort();
      await lives;
      for (const way of servers) for (const key of keys) await perform(count, way, { key, kind: "get" });
      return history;
    },
  };
}

type Outcome = Pick<Operation, "outcome" | "found">;

async function ask(client: Client, number: number, { key, kind, ifMatch, value }: Choice): Promise<Outcome> {
  const address = { namespace, plural, name: key };
  const match = ifMatch === undefined ? {} : { ifMatch };
  try {
    if (kind === "delete") {
      await client.deleteDocument(address, match);
      return { outcome: "done" };
    }
    const body = { owner: { engine: "cli", id: `client-${number}` } as const, inputs: { content: value } };
    const document =
      kind === "get" ? await client.getDocument(address) : await client.putDocument(address, body, match);
    if (document === undefined) return { outcome: "done" };
    return { outcome: "done", found: { value: String(document.inputs.content), etag: document.etag } };
  } catch (error) {
    return { outcome: error instanceof ConstellationError && isRefusal(error) ? "refused" : "unknown" };
  }
}

/** The agent looked, and says what speaks against it. All else may have happened. */
const isRefusal = ({ code }: ConstellationError) =>
  code === "conflict" || code === "owned" || code === "not-found";

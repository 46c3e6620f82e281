import type { Address, Client } from "../../contract/index.ts";
import type { Remote } from "../remote/index.ts";
import { outputTo, wantsColours } from "../terminal/index.ts";
import type { Place, Session, StartOptions } from "./types.ts";

/** An agent that restarts is back within this; one that does not run is not waited for longer. */
const connectTimeoutMs = 2_000;

const stale = "the server that answers is cut off from the others: what it says may be old\n";

export function startSession(process: NodeJS.Process, options: StartOptions): Session {
  const { env, stdin, stdout, stderr } = process;
  let client: Client | undefined;
  // The contract brings zod and a web socket's client: a command that asks no agent does not load them.
  const contract = () => import("../../contract/index.ts");
  const place = once(async (): Promise<Place> => {
    const { chooseDestination, contextsFile, readBook } = await import("../contexts/index.ts");
    const destination = chooseDestination({ ...options, env }, () => readBook(contextsFile(env)));
    // The environment says where this machine's agent is.
    const root = options.root ?? (destination === undefined ? env.CONSTELLATION_ROOT : undefined);
    return { destination, root };
  });
  let far: Remote | undefined;
  const address = async (): Promise<Address> => {
    const { destination, root } = await place();
    if (destination === undefined) return { socket: (await contract()).agentPaths(root).socket };
    const { remote } = await import("../remote/index.ts");
    const isUnattended = options.isUnattended === true;
    const onLost = () =>
      void (isUnattended || stderr.write(`${destination}: connection lost; dialling again\n`));
    const isShown = !isUnattended && options.json !== true;
    far ??= remote(destination, { root, isUnattended, isShown, onLost });
    return far.address;
  };
  const onStale = once(() => void (options.isUnattended === true || stderr.write(stale)));
  return {
    async agent() {
      client ??= (await contract()).connect(await address(), { connectTimeoutMs, onStale });
      return client;
    },
    address,
    place,
    namespace: options.namespace,
    isJson: options.json === true,
    output: outputTo(
      stdout,
      stderr,
      wantsColours({ allowed: options.color !== false, env, isTerminal: stdout.isTTY === true }),
    ),
    now: Date.now,
    env,
    cwd: process.cwd(),
    stdin,
    stdout,
    interrupted: once(() => interruption(process)),
    close: () => far?.close(),
  };
}

function interruption(process: NodeJS.Process): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(name, () => stop.abort());
  return stop.signal;
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

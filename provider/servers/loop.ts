import { setTimeout as delay } from "node:timers/promises";
import { ConstellationError } from "../../contract/index.ts";
import { decide } from "./decide.ts";
import type { Op, View } from "./types.ts";

const bounds = {
  /** Steps of one run: from one server to five other ones takes eleven. */
  steps: 32,
  /** For a learner to catch up: of a large state over a slow line. */
  catchUpMs: 120_000,
  pauseMs: 250,
} as const;

/** What the steps do. */
export interface ServerPorts {
  look(): Promise<View>;
  join(name: string): Promise<void>;
  remove(name: string): Promise<void>;
  readonly signal: AbortSignal;
  progress(message: string): void;
  info(message: string): void;
}

/**
 * Brings the servers about that are wanted, one step after the other, each shown. Can be repeated after any failure.
 * @returns why it cannot go on; undefined where all is as wanted.
 */
export async function settleServers(ports: ServerPorts): Promise<string | undefined> {
  for (let step = 0; step < bounds.steps; step++) {
    const op = decide(await ports.look());
    if (op === undefined) return undefined;
    if (op.kind === "blocked") return op.reason;
    await act(op, ports);
  }
  throw new ConstellationError("bug", `bring the servers about: not done after ${bounds.steps} steps`);
}

async function act(op: Exclude<Op, { kind: "blocked" }>, ports: ServerPorts): Promise<void> {
  const { name } = op;
  switch (op.kind) {
    case "join":
      ports.progress(`server ${name}: joining`);
      await ports.join(name);
      return await promoted(name, ports);
    case "await":
      return await promoted(name, ports);
    case "remove":
      ports.progress(`server ${name}: removing it, since ${op.reason}`);
      await ports.remove(name);
      return ports.info(`server ${name} was removed: ${op.reason}`);
  }
}

async function promoted(name: string, { look, signal, progress, info }: ServerPorts): Promise<void> {
  progress(`server ${name}: catching up with the others`);
  const deadline = performance.now() + bounds.catchUpMs;
  const isVoter = async () =>
    (await look()).seen.some((server) => server.name === name && server.role === "voter");
  while (!(await isVoter())) {
    signal.throwIfAborted();
    if (performance.now() > deadline) {
      const late = `it has not caught up within ${bounds.catchUpMs / 1_000} s`;
      throw new ConstellationError(
        "timeout",
        `join server ${name}: ${late}; run pulumi up again, it goes on`,
      );
    }
    await delay(bounds.pauseMs);
  }
  info(`server ${name} keeps the cluster's state from now on`);
}

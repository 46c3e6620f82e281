import { setTimeout as delay } from "node:timers/promises";
import type { Client, Stats } from "../../contract/index.ts";
import { scopeOf } from "../names/index.ts";
import { type Action, type Session, UsageError } from "../session/index.ts";
import { openScreen, type SortKey, sorted, type Usage, usageBetween, usageLines } from "../top/index.ts";
import { expectService } from "./expect-service.ts";

const defaultIntervalMs = 2_000;
/** Before the first look: rates need two samples, and nobody waits for them longer than this. */
const firstIntervalMs = 1_000;
const sortKeys: readonly SortKey[] = ["cpu", "memory", "name"];

/**
 * `--json`: a line a look, `{ "at": "...", "hosts": [{ "name", "cores", "cpuPercent", "memoryBytes", ... }], "instances": [{ "id", "cpuPercent", "memoryBytes", "pids", "receivedPerSecond", ... }] }`.
 */
export const top: Action = async ({ session, options }) => {
  const { output } = session;
  const by = options.sort ?? "cpu";
  if (!sortKeys.includes(by)) throw new UsageError(`--sort ${by}: choose one of ${sortKeys.join(", ")}`);
  const isLive = output.isTerminal && !session.isJson;
  const count = options.count ?? (isLive ? Number.POSITIVE_INFINITY : 1);
  const scope = scopeOf(session.namespace, options.service);
  const agent = await session.agent();
  await expectService(agent, scope);
  const quit = new AbortController();
  const stop = AbortSignal.any([session.interrupted(), quit.signal]);
  const looks = takeLooks(
    agent,
    scope,
    { intervalMs: options.interval ?? defaultIntervalMs, count, by },
    stop,
  );
  if (isLive) return await showLive(looks, session, () => quit.abort());
  for await (const usage of looks) {
    if (session.isJson) await output.jsonLine(usage);
    else await output.lines(usageLines(usage, { palette: output.palette, width: output.width }));
  }
  return stop.aborted ? 130 : 0;
};

interface Looking {
  readonly intervalMs: number;
  readonly count: number;
  readonly by: SortKey;
}

async function* takeLooks(
  agent: Client,
  scope: { namespace?: string; service?: string },
  { intervalMs, count, by }: Looking,
  stop: AbortSignal,
): AsyncIterable<Usage> {
  let before: Stats = await agent.stats(scope);
  for (let look = 0; look < count; look++) {
    const pauseMs = look === 0 ? Math.min(firstIntervalMs, intervalMs) : intervalMs;
    await delay(pauseMs, undefined, { signal: stop }).catch(() => undefined);
    if (stop.aborted) return;
    const after = await agent.stats(scope);
    yield sorted(usageBetween(before, after), by);
    before = after;
  }
}

/** Until the last look, q or Ctrl-C. */
async function showLive(looks: AsyncIterable<Usage>, session: Session, quit: () => void): Promise<number> {
  const { palette } = session.output;
  const screen = openScreen(session);
  screen.onKey((key) => {
    if (key === "q" || key === "Q" || key === "\u0003") quit();
  });
  try {
    screen.draw(["measuring ..."]);
    for await (const usage of looks) {
      const { columns: width, rows } = screen.size ?? {};
      screen.draw(usageLines(usage, { palette, width, rows }));
    }
  } finally {
    screen.close();
  }
  return 0;
}

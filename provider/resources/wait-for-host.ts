import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "../../contract/index.ts";
import type { Call } from "../engine/index.ts";

const bounds = { pollMs: 100, answerMs: 60_000 } as const;

/** Waits until a host has reported to the cluster; why not, where it does not in time. */
export async function waitUntilAnswers(
  client: Client,
  name: string,
  call: Call,
): Promise<string | undefined> {
  call.progress("waiting until it answers");
  const deadline = performance.now() + bounds.answerMs;
  for (;;) {
    const host = (await client.listHosts()).find((one) => one.name === name);
    if (host?.state === "ready") return undefined;
    const trouble = `host ${name} ${host === undefined ? "has not reported to the cluster" : `is ${host.state}`}`;
    if (call.signal.aborted) return `${trouble}: cancelled while waiting`;
    if (performance.now() > deadline)
      return `${trouble} within ${bounds.answerMs / 1_000} s of its agent's start; constellation-agent status there says why`;
    await delay(bounds.pollMs, undefined, { signal: call.signal }).catch(() => undefined); // the next turn says so
  }
}

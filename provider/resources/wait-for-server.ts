import { setTimeout as delay } from "node:timers/promises";
import { type Client, ConstellationError } from "../../contract/index.ts";
import type { Call } from "../engine/index.ts";

const bounds = { healthyMs: 60_000, pauseMs: 250 } as const;

/** Until the servers count on it again: only then may the next one stop. Throws `timeout`. */
export async function waitUntilHealthy(client: Client, name: string, call: Call): Promise<void> {
  call.progress(`server ${name}: waiting until it is healthy`);
  for (const deadline = performance.now() + bounds.healthyMs; ; await delay(bounds.pauseMs)) {
    const all = await client.listServers().catch(() => []);
    if (all.some((one) => one.name === name && one.isHealthy)) return;
    call.signal.throwIfAborted();
    if (performance.now() > deadline)
      throw new ConstellationError(
        "timeout",
        `wait for server ${name}: not healthy within ${bounds.healthyMs / 1_000} s; the others were not touched`,
      );
  }
}

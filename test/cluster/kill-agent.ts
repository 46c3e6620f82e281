import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { agentPaths } from "../../contract/index.ts";
import type { Host } from "../lab/index.ts";
import { rootOf } from "./cluster.ts";

const everyMs = 200;

/** The agent of a host, as its guard has written it down: a child of it looks the same for a moment. */
export function guardedAgent(host: Host): string {
  const { runDir } = agentPaths(rootOf(host));
  const { agentPid } = JSON.parse(
    readFileSync(`/proc/${host.pid}/root${join(runDir, "guard.json")}`, "utf8"),
  );
  return String(agentPid);
}

/** Kills a host's agent whenever there is one, until it is stopped. */
export function keepKilling(host: Host): { stop(): Promise<void> } {
  const ending = new AbortController();
  const killing = (async () => {
    while (!ending.signal.aborted) {
      await host.run(["kill", "-KILL", guardedAgent(host)]);
      await delay(everyMs);
    }
  })();
  return {
    async stop() {
      ending.abort();
      await killing;
    },
  };
}

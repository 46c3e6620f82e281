import { join } from "node:path";
import type { Stack } from "../e2e/stack.ts";
import { local, script } from "../e2e/web.ts";

/** Talks on both outputs, more than once. */
const talk = "echo up >&2; i=0; while sleep 0.1; do i=$((i+1)); echo line $i; done";
/** So many replicas of a service that talks, and documents beside it. */
export const program = (replicas: number) => ({
  resources: {
    local,
    web: script(talk, { replicas, env: { TOKEN: { "fn::secret": "hush-hush" } } }),
    // Begins as the service does, but has no logs.
    "web-code": {
      type: "constellation:ConfigFile",
      properties: { cluster: "${local.access}", content: "x" },
    },
    login: {
      type: "constellation:Secret",
      properties: { cluster: "${local.access}", value: { "fn::secret": "hush-hush" } },
    },
  },
});

/** The command line on a stack's machine, in the ways it is used. */
export function commandsOn(stack: () => Stack) {
  const run = (...argv: string[]) => stack().run(["constellation", ...argv]);
  return {
    run,
    json: async (...argv: string[]) => JSON.parse((await run("--json", ...argv)).stdout),
    jsonLines: async (...argv: string[]) =>
      (await run("--json", ...argv)).stdout
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    /** Keys, sizes and signals played to a command in a terminal of its own. */
    inTerminal: async (steps: unknown, ...argv: string[]) =>
      JSON.parse(
        (await stack().run([...terminalOf(101, 33), JSON.stringify(steps), "constellation", ...argv])).stdout,
      ),
  };
}

/** Goes before steps and a command. */
export function terminalOf(columns: number, rows: number): string[] {
  return ["python3", join(import.meta.dirname, "in-terminal.py"), String(columns), String(rows)];
}

import { closeSync, openSync, readFileSync } from "node:fs";
import { createRun, createSpawner, exitCode, expectSuccess } from "../../agent/adapters/libc/index.ts";

const limits = { toolMs: 30_000 };

type Command = readonly [string, ...string[]];

/** Starts programs by posix_spawn, as the agent does, so that no contender pays for Node's slower fork. */
export interface Tools {
  /** Runs a tool that must succeed; its standard output. */
  run(...argv: Command): Promise<string>;
  /** The same for one that leaves a process behind, which inherits its outputs: they go to a file. */
  launch(outputFile: string, ...argv: Command): Promise<void>;
}

export function createTools(): Tools {
  const spawner = createSpawner();
  const run = createRun(spawner);
  return {
    async run(...argv) {
      const result = await run(argv, { timeoutMs: limits.toolMs });
      return expectSuccess(titleOf(argv), result).stdout;
    },
    async launch(outputFile, ...argv) {
      const output = openSync(outputFile, "a");
      const child = await spawner
        .spawn({ argv, fds: { 1: output, 2: output } })
        .finally(() => closeSync(output));
      const code = exitCode(await child.exited);
      if (code !== 0)
        throw new Error(`${titleOf(argv)}: exit code ${code}: ${readFileSync(outputFile, "utf8")}`);
    },
  };
}

function titleOf(argv: Command): string {
  return `run ${argv.slice(0, 2).join(" ")}`;
}

import { cp, symlink } from "node:fs/promises";
import { join } from "node:path";
import { engineEnvironment } from "../e2e/stack.ts";
import { type Machine, type Result, startMachine } from "../lab/index.ts";

const clone = join(import.meta.dirname, "..", "..");
/** Longest one command of the engine may take, milliseconds: many times the usual. */
const engineTimeoutMs = 100_000;

/** A folder of examples/ with the real engine, inside a throw-away machine. */
export interface Project extends AsyncDisposable {
  /** Any command of the CLI; throws with its output when it fails. */
  pulumi(...argv: string[]): Promise<Result>;
  /** How many steps a preview has, by their kind: `{ same: 4 }`. */
  preview(): Promise<Record<string, number>>;
  outputs(): Promise<Record<string, unknown>>;
  /** Inside the machine, with this clone's programs in PATH; does not throw. */
  run(argv: readonly string[]): Promise<Result>;
  /** The engine's state, its secrets encrypted. */
  stateText(): Promise<string>;
}

/**
 * Opens `examples/PATH` with a stack `test`. The engine works in a copy of the folder, since it writes the stack's
 * settings beside the program; around it lies what the program's relative paths lead to in the clone.
 */
export async function openExample(path: string): Promise<Project> {
  const machine = await startMachine();
  try {
    const project = await projectIn(machine, join(machine.root, "examples", path));
    for (const shared of [".images", "dist", "node_modules", "sdk"]) {
      await symlink(join(clone, shared), join(machine.root, shared));
    }
    await cp(join(clone, "examples", path), project.folder, { recursive: true });
    await project.pulumi("stack", "init", "test");
    return project;
  } catch (error) {
    await machine.stop();
    throw error;
  }
}

async function projectIn(machine: Machine, folder: string): Promise<Project & { folder: string }> {
  const env = await engineEnvironment(machine.root);
  const run: Project["run"] = (argv) =>
    machine.run([...argv], { cwd: folder, env, timeoutMs: engineTimeoutMs });
  const pulumi: Project["pulumi"] = async (...argv) => {
    const result = await run(["pulumi", ...argv, "--non-interactive"]);
    if (result.code === 0) return result;
    throw new Error(`pulumi ${argv.join(" ")}: exit code ${result.code}\n${result.stdout}\n${result.stderr}`);
  };
  return {
    folder,
    run,
    pulumi,
    preview: async () => JSON.parse((await pulumi("preview", "--json")).stdout).changeSummary,
    outputs: async () => JSON.parse((await pulumi("stack", "output", "--json")).stdout),
    stateText: async () => (await pulumi("stack", "export")).stdout,
    [Symbol.asyncDispose]: () => machine.stop(),
  };
}

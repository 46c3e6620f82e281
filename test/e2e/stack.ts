import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { agentPaths, type Client, connect } from "../../contract/index.ts";
import { type Machine, type Result, startMachine } from "../lab/index.ts";
import { appliedSteps, previewedSteps, type Step } from "./steps.ts";

const clone = join(import.meta.dirname, "..", "..");
/** Longest an engine may take, milliseconds: many times the usual. */
const engineTimeoutMs = 180_000;
const version = "0.1.0";

export interface ResourceSpec {
  readonly type: string;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly options?: Readonly<Record<string, unknown>>;
  /** In place of creation: `{ id }` reads an existing one. */
  readonly get?: { readonly id: string };
}

/** A program as YAML's language host runs it; `variables` may call functions. */
export interface Program {
  readonly resources: Readonly<Record<string, ResourceSpec>>;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  /** Another provider than this clone's. */
  readonly plugins?: ReturnType<typeof pluginsOf>;
}

/** A project of the real engine inside a throw-away machine, with a file backend. */
export interface Stack {
  readonly machine: Machine;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The agent's root folder. */
  readonly agentRoot: string;
  write(program: Program): Promise<void>;
  /** A program in JavaScript (an ECMAScript module) that may import the SDKs. */
  writeScript(source: string): Promise<void>;
  /** Any command of the CLI; does not throw. */
  pulumi(...argv: string[]): Promise<Result>;
  /** Throws with the engine's output when it fails. */
  up(): Promise<Result>;
  /** An `up` that must fail; what it printed. `preview` runs one first, as for people. */
  failingUp(options?: { preview?: boolean }): Promise<string>;
  refresh(): Promise<Result>;
  destroy(): Promise<Result>;
  /** Steps other than `same`. */
  preview(...options: string[]): Promise<Step[]>;
  /** An `up`; the steps it took, other than `same`, as a preview names them. */
  appliedSteps(): Promise<Step[]>;
  outputs(): Promise<Record<string, unknown>>;
  /** The whole state as text, as it lies in the backend. */
  stateText(): Promise<string>;
  /** Inside the machine, with the clone's programs in PATH. */
  run(argv: readonly string[], options?: { input?: string; timeoutMs?: number }): Promise<Result>;
  /** The agent's API, reached from outside by its socket's path. */
  client(): Client;
}

export interface StackOptions {
  /** Holds the provider's executable; this clone's by default. */
  readonly providerFolder?: string;
}

/** A stack `test` of a project `name` in a machine of its own. */
export async function startStack(name: string): Promise<Stack & AsyncDisposable> {
  const machine = await startMachine();
  try {
    return await addStack(machine, name);
  } catch (error) {
    await machine.stop();
    throw error;
  }
}

/** One more stack `test`, of a project `name`, that shares a machine, its agent and its backend with others. */
export async function addStack(
  machine: Machine,
  name: string,
  options: StackOptions = {},
): Promise<Stack & AsyncDisposable> {
  const plugins = pluginsOf(options.providerFolder ?? join(clone, "dist", "bin"));
  const folder = join(machine.root, name);
  const agentRoot = agentRootOf(machine.root);
  await mkdir(folder, { recursive: true });
  const environment = await engineEnvironment(machine.root);
  const run: Stack["run"] = (argv, options = {}) =>
    machine.run([...argv], { cwd: folder, env: environment, timeoutMs: engineTimeoutMs, ...options });
  const pulumi: Stack["pulumi"] = (...argv) => run(["pulumi", ...argv, "--non-interactive"]);
  const must = async (...argv: string[]) => {
    const result = await pulumi(...argv);
    if (result.code !== 0)
      throw new Error(
        `pulumi ${argv.join(" ")}: exit code ${result.code}\n${result.stdout}\n${result.stderr}`,
      );
    return result;
  };
  // YAML takes JSON.
  const write: Stack["write"] = (program) =>
    writeFile(join(folder, "Pulumi.yaml"), JSON.stringify({ name, runtime: "yaml", plugins, ...program }));

  const writeScript: Stack["writeScript"] = async (source) => {
    const runtime = { name: "nodejs", options: { typescript: false } };
    await writeFile(join(folder, "Pulumi.yaml"), JSON.stringify({ name, runtime, plugins }));
    await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module", main: "index.js" }));
    await writeFile(join(folder, "index.js"), source);
    await symlink(join(clone, "node_modules"), join(folder, "node_modules")).catch(ignoreExisting);
  };

  await write({ resources: {} });
  await must("stack", "init", "test");
  return {
    machine,
    folder,
    environment,
    agentRoot,
    write,
    writeScript,
    run,
    pulumi,
    up: () => must("up", "--yes", "--skip-preview"),
    failingUp: async ({ preview = false } = {}) => {
      const { code, stdout, stderr } = await pulumi("up", "--yes", ...(preview ? [] : ["--skip-preview"]));
      if (code === 0) throw new Error(`pulumi up: succeeded, and should not have\n${stdout}`);
      return `${stdout}\n${stderr}`;
    },
    refresh: () => must("refresh", "--yes", "--skip-preview"),
    destroy: () => must("destroy", "--yes", "--skip-preview"),
    preview: async (...options) => previewedSteps((await must("preview", "--json", ...options)).stdout),
    appliedSteps: async () => appliedSteps((await must("up", "--yes", "--skip-preview", "--json")).stdout),
    outputs: async () => JSON.parse((await must("stack", "output", "--json", "--show-secrets")).stdout),
    stateText: () => readFile(join(machine.root, "state", ".pulumi", "stacks", name, "test.json"), "utf8"),
    client: () => connect({ socket: agentPaths(agentRoot).socket }),
    [Symbol.asyncDispose]: () => machine.stop(),
  };
}

/** For an engine in a machine: this clone's programs, a file backend and an agent below the machine's folder. */
export async function engineEnvironment(root: string): Promise<Record<string, string>> {
  await mkdir(join(root, "state"), { recursive: true });
  const folders = ["python/bin", "bin", "tools"].map((folder) => join(clone, "dist", folder));
  return {
    PATH: [...folders, "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"].join(":"),
    CONSTELLATION_ROOT: agentRootOf(root),
    XDG_CONFIG_HOME: join(root, "config"),
    PULUMI_HOME: join(root, "pulumi"),
    PULUMI_BACKEND_URL: `file://${root}/state`,
    PULUMI_CONFIG_PASSPHRASE: "test",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_DISABLE_REGISTRY_RESOLVE: "true",
    NO_COLOR: "1",
  };
}

/** Short, since unix sockets below it have at most 107 characters. */
const agentRootOf = (root: string) => join(root, "c");

/** The provider in a folder, as a project names it. */
export function pluginsOf(folder: string) {
  return { providers: [{ name: "constellation", path: folder, version }] };
}

function ignoreExisting(error: NodeJS.ErrnoException) {
  if (error.code !== "EEXIST") throw error;
}

/** An image of the clone's OCI layout, as a program names it. */
export function image(name: "busybox" | "nginx" | "redis" | "node"): string {
  return `oci:${join(clone, ".images")}:${name}`;
}

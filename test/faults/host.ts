import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "@jest/globals";
import {
  type AgentPaths,
  agentPaths,
  type Client,
  connect,
  type Document,
  type Instance,
} from "../../contract/index.ts";
import { until } from "../control/until.ts";
import { engineEnvironment, image } from "../e2e/stack.ts";
import { type Machine, type Process, startMachine } from "../lab/index.ts";
import { owner, upload, web } from "./service.ts";

/** A machine with an agent, driven over its API. Nothing in it works but what a test starts. */
export interface FaultHost extends AsyncDisposable {
  readonly machine: Machine;
  readonly paths: AgentPaths;
  readonly client: Client;
  readonly environment: Readonly<Record<string, string>>;
  /** `constellation-agent up`: starts guard and agent where none run. */
  up(): Promise<void>;
  /** What a service's inputs say of an image of the clone's, which is uploaded. */
  upload(name: Parameters<typeof image>[0]): Promise<Record<string, unknown>>;
  /** Creates a service, or writes it anew: a web server that is known by the service's name in the process list. */
  serve(name: string, inputs?: Readonly<Record<string, unknown>>): Promise<Document>;
  /** Waits until all instances of a service are of the newest revision and healthy, and no other one is left. */
  settled(name: string, timeoutMs?: number): Promise<readonly Instance[]>;
  /** What was written, as text: equal before and after where nothing was lost or made up. */
  documents(): Promise<string>;
  /** Living processes whose command line has this in it. */
  running(text: string): Process[];
  kill(processes: readonly Process[], signal?: string): Promise<void>;
  agent(): Process[];
  guard(): Process[];
  store(): Process[];
  nameServer(): Process[];
  monitors(service: string): Process[];
  workers(service: string): Process[];
  /** kill -9 of the agent and of these, then `change`; after that its guard starts the next agent. */
  restartAgent(change?: () => void | Promise<void>, others?: readonly Process[]): Promise<void>;
  /** Waits until another agent than this one answers. */
  anotherAgent(than: readonly Process[], timeoutMs?: number): Promise<void>;
  /** Runs commands where the agent's mounts are seen: its folder in memory is not the machine's everywhere. */
  inside(commands: readonly (readonly string[])[]): Promise<void>;
  /** Fills a file with junk, there. */
  corrupt(file: string): Promise<void>;
  /** Changes a file by sed(1), there. */
  edit(file: string, script: string): Promise<void>;
  /** The guard alone, as systemd starts it. */
  startGuard(): Promise<void>;
  /** Lines of agent.log that have this in them. */
  said(text: string): string[];
}

const network = { cidr: "10.64.0.0/12", serviceCidr: "240.0.0.0/4", domain: "internal" };

/** Starts a machine; `prepare` may mount things before its agent starts. */
export async function startFaultHost(
  prepare: (machine: Machine, paths: AgentPaths) => Promise<void> = async () => {},
): Promise<FaultHost> {
  const machine = await startMachine();
  try {
    const paths = agentPaths(join(machine.root, "c"));
    await prepare(machine, paths);
    const host = await describe(machine, paths);
    await host.up();
    await host.client.putCluster({ owner, name: "home", network });
    return host;
  } catch (error) {
    await machine.stop();
    throw error;
  }
}

async function describe(machine: Machine, paths: AgentPaths): Promise<FaultHost> {
  const environment = await engineEnvironment(machine.root);
  // Also what is mounted inside alone.
  const seen = (file: string) => `/proc/${machine.pid}/root${file}`;
  const client = connect({ socket: seen(paths.socket) });
  const running = (text: string) =>
    machine.processes().filter(({ command, state }) => state !== "Z" && command.includes(text));
  const startsWith = (program: RegExp, text: string) =>
    running(text).filter(({ command }) => program.test(command));
  const workers = (service: string) => startsWith(/^httpd /, `-r ${service} `);
  const logFile = seen(join(paths.stateDir, "agent.log"));
  let imageInputs: Readonly<Record<string, unknown>> | undefined;

  const host: FaultHost = {
    ...{ machine, paths, client, environment, running, workers },

    async up() {
      await machine.output(["constellation-agent", "up"], { env: environment });
    },

    upload: async (name) => await upload(client, image(name)),

    async serve(name, inputs = {}) {
      imageInputs ??= await host.upload("busybox");
      const address = { namespace: "default", plural: "services", name };
      const earlier = await client.getDocument(address);
      const body = { owner, inputs: { ...imageInputs, ...web(name), ...inputs } };
      return await client.putDocument(address, body, earlier ? { ifMatch: earlier.etag } : {});
    },

    async settled(name, timeoutMs = 20_000) {
      const address = { namespace: "default", plural: "services", name };
      return await until(
        `${name} to settle`,
        async () => {
          const [document, instances] = [
            await client.getDocument(address),
            await client.listInstances({ service: name }),
          ];
          const wanted = Number(document?.inputs.replicas);
          const newest = Math.max(...instances.map(({ revision }) => revision));
          const fit = instances.every((one) => one.healthy && one.revision === newest);
          const isSeen = document?.status?.observedRevision === document?.revision;
          const isSettled = isSeen && fit && instances.length === wanted;
          return isSettled && runOnce(instances, workers(name)) ? instances : undefined;
        },
        timeoutMs,
      );
    },

    async documents() {
      const documents = await client.listDocuments("services");
      return JSON.stringify(documents.map(({ status: _, ...document }) => document));
    },

    async kill(processes, signal = "KILL") {
      expect(processes).not.toEqual([]);
      await machine.run(["kill", `-${signal}`, ...processes.map(({ pid }) => String(pid))]);
    },

    agent: () => startsWith(/^\S*node /, "/agent/main.js run"),
    guard: () => startsWith(/^\S*constellation-guard run /, "/agent/main.js run"),
    store: () => startsWith(/^\S*etcd /, paths.stateDir),
    nameServer: () => startsWith(/^\S*dnsmasq /, paths.runDir),
    monitors: (service) => startsWith(/^\S*conmon /, `--cid ${service}-`),

    async anotherAgent(than, timeoutMs = 20_000) {
      const before = new Set(than.map(({ pid }) => pid));
      await until(
        "another agent",
        async () => {
          const info = await connect({ socket: seen(paths.socket) }, { connectTimeoutMs: 100 })
            .info()
            .catch(() => undefined);
          return info && !before.has(info.pid) ? true : undefined;
        },
        timeoutMs,
      );
    },

    async restartAgent(change = () => {}, others = []) {
      const before = host.agent();
      await host.kill(host.guard(), "STOP");
      await host.kill([...before, ...others]);
      const pids = [...before, ...others].map(({ pid }) => pid);
      await until("them to end", async () => !running("").some(({ pid }) => pids.includes(pid)) || undefined);
      try {
        await change();
      } finally {
        await host.kill(host.guard(), "CONT");
      }
      await until("another agent", async () => host.agent()[0]?.pid !== before[0]?.pid && host.agent()[0]);
    },

    async inside(commands) {
      const namespace = `--mount=/proc/${anyOf(running(paths.runDir))}/ns/mnt`;
      for (const command of commands) await machine.output(["nsenter", namespace, ...command]);
    },
    corrupt: (file) =>
      host.inside([["sh", "-c", 'test -e "$1" && head -c 300 /dev/urandom >"$1"', "sh", file]]),
    edit: (file, script) => host.inside([["sed", "-i", script, file]]),

    async startGuard() {
      if (host.guard().length > 0) return;
      const [agent] = host.agent();
      const program = join(import.meta.dirname, "../../dist/bin/constellation-guard");
      const command = [
        program,
        "run",
        "--root",
        `${machine.root}/c`,
        "--",
        ...(agent?.command.split(" ") ?? []),
      ];
      await machine.spawn(["setsid", ...command], { env: environment, stdio: "ignore" });
      await until("the guard", async () => host.guard()[0]);
    },

    said(text) {
      if (!existsSync(logFile)) return [];
      return readFileSync(logFile, "utf8")
        .split("\n")
        .filter((line) => line.includes(text));
    },

    [Symbol.asyncDispose]: () => machine.stop(),
  };
  return host;
}

/** A process that sees what the agent sees: the store and the name server outlive it. */
function anyOf(processes: readonly Process[]): number {
  const own = processes.find(({ command }) => /^\S*(etcd|dnsmasq) /.test(command));
  if (own === undefined) throw new Error("look into the agent's mount namespace: nothing of it runs");
  return own.pid;
}

/** The machine's own processes are those that the API names: none is missing, none runs twice. */
function runOnce(instances: readonly Instance[], processes: readonly Process[]): boolean {
  const named = instances.map(({ pid }) => pid).sort();
  const slots = new Set(instances.map(({ name }) => name));
  return (
    slots.size === instances.length &&
    JSON.stringify(named) === JSON.stringify(processes.map(({ pid }) => pid).sort())
  );
}

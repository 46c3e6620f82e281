import { join } from "node:path";
import { connectKeyValues, memberSocket } from "../../agent/adapters/etcd/index.ts";
import {
  agentPaths,
  type Client,
  type ConnectOptions,
  connect,
  type Instance,
} from "../../contract/index.ts";
import { until } from "../control/until.ts";
import { engineEnvironment, image } from "../e2e/stack.ts";
import { owner, upload, web } from "../faults/service.ts";
import { type Host, type Lab, type LabOptions, lab } from "../lab/index.ts";

/** Hosts of a lab that are one cluster: the first of them are its servers. */
export interface TestCluster extends AsyncDisposable {
  readonly lab: Lab;
  readonly servers: readonly Host[];
  /** The first of them. */
  readonly server: Host;
  /** All other hosts. */
  readonly workers: readonly Host[];
  /** Of the API of the first server whose power is on. */
  readonly client: Client;
  /** Of the API of the agent on a host as it runs now; a call is given up soon. */
  clientOf(host: Host, options?: ConnectOptions): Client;
  /** Runs the agent's program on a host; what it prints. Rejects with that where it fails. */
  agent(host: Host, command: readonly string[], input?: string): Promise<string>;
  /** Its exit code and what it prints, whatever that is. */
  tryAgent(host: Host, command: readonly string[], input?: string): Promise<{ code: number; said: string }>;
  /** From now on a host's programs are those of this folder: another build. */
  install(host: Host, programs: string): void;
  /** Its power fails, and it starts again, agent included. */
  reboot(host: Host): Promise<void>;
  token(name: string): Promise<string>;
  /** Creates a service, or writes it anew: a web server. */
  serve(name: string, inputs: Readonly<Record<string, unknown>>): Promise<void>;
  /** Waits until the service has as many healthy instances as it wants, and hosts are in these states. */
  healthy(name: string, timeoutMs?: number): Promise<readonly Instance[]>;
  /** Runs a command inside an instance to its end. */
  exec(
    id: string,
    command: readonly string[],
    input?: string,
  ): Promise<{ stdout: string; stderr: string; code: number }>;
  /** Waits until a host is in a state. */
  isState(host: Host, state: string, timeoutMs?: number): Promise<void>;
  /** Pids of processes on a host with this in their command line, but for what one of them forks for a request. */
  pids(host: Host, text: string): readonly number[];
  /** The agent's own, without its guard; children that it is about to start look the same. */
  agentPids(host: Host): readonly number[];
  /** The same where there is exactly one. */
  agentPid(host: Host): number;
}

/** For clients that are to see faults, not to wait for their end. */
const patience = { timeoutMs: 3_000, connectTimeoutMs: 200 };

/** The lab's switch is within the usual range. */
export const network = { cidr: "10.96.0.0/12", serviceCidr: "240.0.0.0/4", domain: "internal" };

/** In the lab all hosts come from the same files: each gets an id of its own, as machines have. */
export async function giveId(host: Host, id = `${host.number}`.padStart(32, "0")): Promise<void> {
  await host.output(["sh", "-c", `echo ${id} > /etc/machine-id`]);
}

/** So many hosts; the first of them are servers. */
export async function startCluster(
  count: number,
  servers = 1,
  options: LabOptions = {},
): Promise<TestCluster> {
  const hosts = await lab.up(count, options);
  try {
    return await found(hosts, servers);
  } catch (error) {
    await hosts.down();
    throw error;
  }
}

/** Where the agent of a host keeps everything. */
export const rootOf = (host: Host) => join(host.root, "c");

async function found(hosts: Lab, serverCount: number): Promise<TestCluster> {
  const [servers, workers] = [hosts.hosts.slice(0, serverCount), hosts.hosts.slice(serverCount)];
  const [server] = servers;
  if (server === undefined) throw new Error("found a cluster: there is no host");
  const socketOf = (host: Host) => `/proc/${host.pid}/root${agentPaths(rootOf(host)).socket}`;
  const ways = new Map<string, Client>();
  /** A host has another socket after its next start. */
  const clientOf = (host: Host) => {
    const socket = socketOf(host);
    const client = ways.get(socket) ?? connect({ socket });
    ways.set(socket, client);
    return client;
  };
  const programs = new Map<Host, string>();
  let inputs: Readonly<Record<string, unknown>> | undefined;

  const cluster: TestCluster = {
    ...{ lab: hosts, servers, server, workers },
    get client() {
      return clientOf(servers.find((host) => host.isOn()) ?? server);
    },
    clientOf: (host, options) => connect({ socket: socketOf(host) }, { ...patience, ...options }),

    async tryAgent(host, [command = "", ...rest], input = "") {
      const usual = await engineEnvironment(host.root);
      const env = { ...usual, PATH: [programs.get(host) ?? [], usual.PATH].flat().join(":") };
      const argv = ["constellation-agent", command, "--root", rootOf(host), ...rest];
      const { code, stdout, stderr } = await host.run(argv, { env, input });
      return { code: code ?? -1, said: `${stdout}${stderr}` };
    },
    async agent(host, command, input) {
      const { code, said } = await cluster.tryAgent(host, command, input);
      if (code !== 0) throw new Error(`constellation-agent ${command[0]} on ${host.hostname}: ${said}`);
      return said;
    },
    install: (host, folder) => void programs.set(host, folder),
    async reboot(host) {
      await host.reboot();
      await cluster.agent(host, ["up"]);
    },
    token: async (name) => (await cluster.client.createJoinToken({ name })).token,

    async serve(name, more) {
      inputs ??= await upload(cluster.client, image("busybox"));
      const address = { namespace: "default", plural: "services", name };
      const earlier = await cluster.client.getDocument(address);
      const body = { owner, inputs: { ...inputs, ...web(name), ...more } };
      await cluster.client.putDocument(address, body, earlier ? { ifMatch: earlier.etag } : {});
    },
    healthy: async (name, timeoutMs = 30_000) =>
      await until(
        `${name} to be healthy`,
        async () => {
          const document = await cluster.client.getDocument({
            namespace: "default",
            plural: "services",
            name,
          });
          const { wanted, instances = [] } = document?.status ?? {};
          const serving = instances.filter(({ state, healthy }) => state === "running" && healthy);
          const rest = instances.filter((one) => !serving.includes(one) && one.state !== "lost");
          return serving.length === wanted && rest.length === 0 ? serving : undefined;
        },
        timeoutMs,
      ),
    async exec(id, command, input = "") {
      const running = await cluster.client.exec(id, { command });
      running.stdin.end(input);
      const texts = { stdout: "", stderr: "" };
      const read = async (stream: keyof typeof texts) => {
        for await (const data of running[stream]) texts[stream] += Buffer.from(data).toString();
      };
      await Promise.all([read("stdout"), read("stderr")]);
      return { ...texts, code: await running.exit };
    },
    async isState(host, state, timeoutMs = 20_000) {
      await until(
        `${host.hostname} to be ${state}`,
        async () =>
          (await cluster.client.listHosts()).some(
            (one) => one.name === host.hostname && one.state === state,
          ) || undefined,
        timeoutMs,
      );
    },
    pids(host, text) {
      const found = host.processes().filter(({ command, state }) => state !== "Z" && command.includes(text));
      const commands = new Map(found.map(({ pid, command }) => [pid, command]));
      return found
        .filter(({ parentPid, command }) => commands.get(parentPid) !== command)
        .map(({ pid }) => pid);
    },
    agentPids: (host) =>
      host
        .processes()
        .filter(({ command }) => /^\S*node .*\/agent\/main\.js run/.test(command))
        .map(({ pid }) => pid),
    agentPid(host) {
      const [pid = 0, ...others] = cluster.agentPids(host);
      if (pid > 0 && others.length === 0) return pid;
      throw new Error(`find the agent of ${host.hostname}: ${pid === 0 ? 0 : 1 + others.length} run`);
    },
    [Symbol.asyncDispose]: hosts.down,
  };

  for (const host of hosts.hosts) await giveId(host);
  await cluster.agent(server, ["up"]);
  await cluster.client.putCluster({ owner, name: "home", network });
  await cluster.client.putHost(server.hostname, { address: server.address });
  for (const other of servers.slice(1)) await joinServer(cluster, other);
  await Promise.all(workers.map(async (worker) => await joinWorker(cluster, worker)));
  return cluster;
}

/** By commands alone. Its agent answers once it keeps the state. */
export async function joinServer(cluster: TestCluster, host: Host, by = cluster.server): Promise<void> {
  const token = await cluster.agent(by, ["token", host.hostname, "--role", "server"]);
  await cluster.agent(host, ["join", "--server", by.address], token);
}

export async function joinWorker(cluster: TestCluster, worker: Host): Promise<void> {
  const token = await cluster.token(worker.hostname);
  await cluster.agent(worker, ["join", "--server", cluster.server.address], token);
  await cluster.isState(worker, "ready");
}

/** The server whose store leads, and whose agent therefore does. */
export async function leaderOf({ servers }: TestCluster): Promise<Host> {
  return await until("a leader", async () => {
    for (const host of servers.filter((each) => each.isOn())) if (await storeLeads(host)) return host;
    return undefined;
  });
}

async function storeLeads(host: Host): Promise<boolean> {
  const { runDir } = agentPaths(rootOf(host));
  const store = connectKeyValues(`/proc/${host.pid}/root${memberSocket(join(runDir, "etcd"))}`);
  try {
    return (await store.status()).isRaftLeader;
  } catch {
    return false; // it is about to start
  } finally {
    store.close();
  }
}

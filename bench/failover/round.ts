import { join } from "node:path";
import { createInterface } from "node:readline";
import { leaderOf, type TestCluster } from "../../test/cluster/cluster.ts";
import type { Host, MachineProcess } from "../../test/lab/index.ts";
import { until } from "../cluster.ts";
import type { Answer, Role } from "./types.ts";

/** In milliseconds. */
const limits = { answerMs: 60_000, wholeMs: 60_000 } as const;
const prober = join(import.meta.dirname, "prober.ts");
const port = 8_000;
/** Answers with the name of the host it runs on. */
const server = `mkdir /tmp/www && echo $CONSTELLATION_HOST >/tmp/www/host && exec httpd -f -p ${port} -h /tmp/www`;

/** Kills the host of a service of one instance; seconds until that answers elsewhere. Then all is made whole again. */
export async function killOnce(cluster: TestCluster, role: Role, run: number): Promise<number> {
  const victim = await victimOf(cluster, role, run);
  const service = `round-${run}`;
  await place(cluster, service, [victim]);
  await place(cluster, service, cluster.lab.hosts);
  const observer = cluster.workers.find((host) => host !== victim) as Host;
  const probing = await probe(cluster, observer, service);
  try {
    await probing.answerOf((host) => host === victim.hostname);
    const killedAt = process.hrtime.bigint();
    await victim.kill();
    const { at } = await probing.answerOf((host) => host !== victim.hostname);
    return Number(BigInt(at) - killedAt) / 1e9;
  } finally {
    probing.end();
    await mend(cluster, victim, service);
  }
}

async function victimOf(cluster: TestCluster, role: Role, run: number): Promise<Host> {
  const leader = await leaderOf(cluster);
  if (role === "leader") return leader;
  const others = role === "host" ? cluster.workers : cluster.servers.filter((host) => host !== leader);
  return others[Math.floor(run / 2) % others.length] as Host;
}

/** Moves nothing that may stay. */
async function place(cluster: TestCluster, service: string, hosts: readonly Host[]): Promise<void> {
  const values = hosts.map(({ hostname }) => hostname);
  await cluster.serve(service, {
    command: ["sh", "-c", server],
    healthCheck: { http: { path: "/host", port } },
    placement: { constraints: [{ key: "host.name", operator: "In", values }] },
  });
  await cluster.healthy(service);
}

interface Probing {
  /** The first answer of such a host that was not asked for before. */
  answerOf(isSought: (host: string) => boolean): Promise<Answer>;
  end(): void;
}

async function probe(cluster: TestCluster, from: Host, name: string): Promise<Probing> {
  const document = await cluster.client.getDocument({ namespace: "default", plural: "services", name });
  const url = `http://${String(document?.outputs.address)}:${port}/host`;
  const node = [process.execPath, "--disable-warning=ExperimentalWarning"];
  const asking = await from.spawn([...node, prober, url], { stdio: ["ignore", "pipe", "inherit"] });
  const answers = readAnswers(asking);
  return {
    async answerOf(isSought) {
      const find = () => answers.find(({ host }) => isSought(host));
      await until(`an answer of ${name}`, limits.answerMs, async () => find() !== undefined);
      return find() as Answer;
    },
    end: () => asking.kill("SIGKILL"),
  };
}

function readAnswers({ stdout }: MachineProcess): readonly Answer[] {
  if (stdout === null) throw new Error("probe a service: its output is not a pipe");
  const answers: Answer[] = [];
  createInterface({ input: stdout }).on("line", (line) => {
    const { at, host } = JSON.parse(line) as Answer;
    answers.push({ at, host: host.trim() });
  });
  return answers;
}

async function mend(cluster: TestCluster, victim: Host, service: string): Promise<void> {
  await cluster.client.deleteDocument({ namespace: "default", plural: "services", name: service });
  await cluster.reboot(victim);
  await until("every host to be ready, and nothing to run", limits.wholeMs, async () => {
    const hosts = await cluster.client.listHosts();
    const isWhole =
      hosts.length === cluster.lab.hosts.length && hosts.every(({ state }) => state === "ready");
    return isWhole && (await cluster.client.listInstances()).length === 0;
  });
}

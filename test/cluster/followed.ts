import type { Instance } from "../../contract/index.ts";
import { until } from "../control/until.ts";
import type { Host } from "../lab/index.ts";
import type { TestCluster } from "./cluster.ts";

/** A service with an instance on each host, whose name is their own addresses; what they see of it is looked at past all agents. */
export interface Followed {
  readonly instances: readonly Instance[];
  /** It serves either way: so who is still led to it is found out. */
  setWell(instance: Instance, isWell: boolean): Promise<void>;
  /** Waits until the name and the virtual address lead to these alone and to each, on these hosts or all; how many milliseconds. */
  leadsTo(instances: readonly Instance[], on?: readonly Host[]): Promise<number>;
  /** What is wrong with answers on any host for a while: each is to be led to all instances. */
  faultsFor(ms: number): Promise<readonly string[]>;
}

interface Seen {
  /** Addresses by the name. */
  readonly told: string;
  /** Who answers at the virtual address, in some connections. */
  readonly answering: readonly string[];
}

const name = "follower";
const commandLine = `httpd -f -p 8000 -r ${name} -h /etc`;
const inputs = {
  ...{ command: ["sh", "-c", `touch /etc/well; exec ${commandLine}`], perHost: true, discovery: "instances" },
  healthCheck: { http: { path: "/well", port: 8000 }, interval: "100ms", retries: 1 },
};
/** So many that who takes part is hardly ever missed. */
const connections = 12;
/** A second is promised, of a machine that is not busy. */
const followMs = 5_000;

export async function serveFollowed(cluster: TestCluster): Promise<Followed> {
  await cluster.serve(name, inputs);
  const instances = await cluster.healthy(name);
  const document = await cluster.client.getDocument({ namespace: "default", plural: "services", name });
  const script = `nslookup -type=a ${name}.default.internal | sed -n 's/^Address: //p' | sort
    for number in $(seq ${connections}); do
      echo answer $(timeout 5 wget -qO- http://${document?.outputs.address}:8000/hostname || echo of nobody)
    done | sort -u`;
  const { hosts } = cluster.lab;
  const inside = async (host: Host, command: string) => {
    // The oldest: a server has a process more for each request.
    const pid = Math.min(...cluster.pids(host, commandLine));
    return await host.output(["nsenter", `--target=${pid}`, "--mount", "--net", "sh", "-c", command]);
  };
  const seenOn = async (host: Host): Promise<Seen> => {
    const lines = (await inside(host, script)).trim().split("\n");
    const answering = lines.filter((line) => line.startsWith("answer "));
    return { told: lines.filter((line) => !answering.includes(line)).join(), answering };
  };
  const isOf = ({ host }: Instance) => hosts.find(({ hostname }) => hostname === host) as Host;

  return {
    instances,
    setWell: async (instance, isWell) =>
      void (await inside(isOf(instance), isWell ? "touch /etc/well" : "rm /etc/well")),
    async leadsTo(some, on = hosts) {
      const wanted = JSON.stringify(expected(some));
      const startedAt = performance.now();
      const look = async (host: Host) => JSON.stringify(await seenOn(host)) === wanted || undefined;
      const seen = on.map((host) => until(`${host.hostname} to see ${wanted}`, () => look(host), followMs));
      await Promise.all(seen);
      return performance.now() - startedAt;
    },
    async faultsFor(ms) {
      const { told, answering } = expected(instances);
      const endsAt = performance.now() + ms;
      const watch = async (host: Host) => {
        const faults: string[] = [];
        const missed = new Set(answering);
        while (performance.now() < endsAt) {
          const seen = await seenOn(host);
          if (seen.told !== told) faults.push(`${host.hostname} is told "${seen.told}"`);
          const others = seen.answering.filter((answer) => !answering.includes(answer));
          faults.push(...others.map((answer) => `${host.hostname} gets an ${answer}`));
          for (const answer of seen.answering) missed.delete(answer);
        }
        return [...faults, ...[...missed].map((answer) => `${host.hostname} gets no ${answer}`)];
      };
      return (await Promise.all(hosts.map(watch))).flat();
    },
  };
}

const expected = (instances: readonly Instance[]): Seen => ({
  told: instances
    .map(({ address }) => address)
    .sort()
    .join(),
  answering: instances.map((instance) => `answer ${instance.name}`).sort(),
});

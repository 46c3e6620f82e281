import { agentPaths, tunnelDevice } from "../../contract/index.ts";
import { network, startCluster, type TestCluster } from "../../test/cluster/cluster.ts";
import { owner } from "../../test/faults/service.ts";
import type { Host } from "../../test/lab/index.ts";
import { until } from "../cluster.ts";
import { endOn, networkOf } from "./end.ts";
import type { Way } from "./types.ts";

type Mode = "direct" | "wireguard";

/** Two hosts of a cluster, with an instance on each. */
export interface Pair extends AsyncDisposable {
  /** Changes the cluster to the mode; between instances that were made in it. */
  way(mode: Mode): Promise<Way>;
}

const limits = { modeMs: 30_000 } as const;

export async function startPair(): Promise<Pair> {
  const cluster = await startCluster(2);
  return {
    async way(mode) {
      await cluster.client.putCluster({ owner, name: "home", network: { ...network, mode } });
      await Promise.all(cluster.lab.hosts.map(async (host) => await isIn(host, mode)));
      await cluster.serve(mode, { perHost: true });
      await cluster.healthy(mode);
      const [from, to] = cluster.lab.hosts as [Host, Host];
      return { name: mode, from: await endOf(cluster, from, mode), to: await endOf(cluster, to, mode) };
    },
    [Symbol.asyncDispose]: async () => await cluster[Symbol.asyncDispose](),
  };
}

/** Until it has, or has not, a tunnel. */
async function isIn(host: Host, mode: Mode): Promise<void> {
  const device = tunnelDevice(agentPaths(`${host.root}/c`));
  await until(`${host.hostname} to be in the mode ${mode}`, limits.modeMs, async () => {
    const { code } = await host.run(["ip", "link", "show", device]);
    return (code === 0) === (mode === "wireguard");
  });
}

async function endOf(cluster: TestCluster, host: Host, service: string) {
  const instances = await cluster.client.listInstances({ service });
  const instance = instances.find((each) => each.host === host.hostname);
  // Its command line names the service.
  const [pid] = cluster.pids(host, `httpd -f -p 8000 -r ${service} `);
  if (instance === undefined || pid === undefined) throw new Error(`no ${service} on ${host.hostname}`);
  return await endOn(host, instance.address, networkOf(pid));
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { pino } from "pino";
import type { Assignment, ServiceRoute } from "../session/index.ts";
import { type NetworkPorts, runNetwork } from "./loop.ts";

const web: ServiceRoute = {
  ...{
    uid: "u1",
    namespace: "default",
    name: "web",
    aliases: [],
    address: "240.0.0.1",
    discovery: "virtual",
  },
  ...{ ports: [], endpoints: [{ instance: "web-0-a", name: "web-0", address: "10.64.0.5", host: "alpha" }] },
};
const assignment = (revision: number, services: ServiceRoute[]): Assignment => ({
  ...{ revision, placements: [], specs: {}, secrets: {}, configs: {}, registries: {}, services },
  host: {
    ...{ name: "alpha", cidr: "10.64.0.0/22", gateway: "10.64.0.1", clusterCidr: "10.64.0.0/12" },
    ...{ serviceCidr: "240.0.0.0/4", domain: "internal" },
  },
});

test("an instance counts as led to until the kernel has the rules without it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cst-network-"));
  const stop = new AbortController();
  const passes = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const served = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let applied = 0;
  let named = 0;
  const ports: NetworkPorts = {
    links: {
      ...{
        ensureAnchor: async () => undefined,
        plugIn: async () => undefined,
        unplug: async () => undefined,
      },
      ...{
        listRoutes: async () => [],
        ensureRoute: async () => undefined,
        deleteRoute: async () => undefined,
      },
      ...{ listLinks: async () => [], deleteLink: async () => false },
    },
    tunnel: { ensure: async () => false, remove: async () => undefined },
    sysctls: { read: () => "1", write: () => "1" },
    traffic: {
      async apply() {
        await passes[applied++]?.promise;
        return true;
      },
      inspect: async () => true,
    },
    names: { serve: async () => served[named++]?.resolve() },
    views: { serve: async () => undefined },
    conntrack: { deleteUdpFlows: async () => 0 },
    sockets: { listTcp: async () => [] },
  };
  const paths = { id: "x", devicePrefix: "x", stateDir: folder, runDir: folder, socket: join(folder, "s") };
  const network = runNetwork(paths, ports, pino({ level: "silent" }), stop.signal);
  try {
    expect(network.leadsTo("web-0-a")).toBe(true);
    network.assign(assignment(1, [web]));
    passes[0]?.resolve();
    await served[0]?.promise;
    expect([network.leadsTo("web-0-a"), network.leadsTo("web-1-a")]).toEqual([true, false]);
    network.assign(assignment(2, [{ ...web, endpoints: [] }]));
    expect(network.leadsTo("web-0-a")).toBe(true);
    passes[1]?.resolve();
    await served[1]?.promise;
    expect(network.leadsTo("web-0-a")).toBe(false);
  } finally {
    stop.abort();
    await network.running;
    rmSync(folder, { recursive: true });
  }
});

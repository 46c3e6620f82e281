import { existsSync } from "node:fs";
import { agentPaths, ConstellationError, connect, type HostSettings } from "../../contract/index.ts";
import type { Finding } from "../bootstrap/index.ts";
import { knownText, type Properties, parseAccess, thisMachine } from "../engine/index.ts";
import type { AgentProgram } from "./agent-program.ts";
import type { Raising, Site } from "./site.ts";

/** This machine. @param environmentRoot the root folder where the resource names none. */
export function localSite(
  inputs: Properties,
  agent: AgentProgram,
  environmentRoot: string | undefined,
): Site {
  const root = knownText(inputs.root) ?? environmentRoot;
  const { socket, stateDir } = agentPaths(root);
  const client = connect({ socket });
  const { labels, taints, reserved } = inputs as HostSettings;
  return {
    client,
    put: async (cluster) => await client.putCluster({ ...cluster, labels, taints, reserved }),
    gather: async () => [],
    /** An agent elsewhere is out of reach: what is found here says nothing about it. */
    require({ id, outputs }, action) {
      const access = knownText(outputs.access);
      const { machine, servers } = access === undefined ? {} : parseAccess(access);
      if (servers !== undefined)
        throw new ConstellationError(
          "invalid",
          `${action} cluster ${id}: it was made on another machine, by servers, and does not move to this one; give it those servers again, or make a new one`,
        );
      if (machine === undefined || machine === thisMachine()) return;
      throw new ConstellationError(
        "wrong-cluster",
        `${action} cluster ${id}: it runs on another machine than this one; run pulumi there`,
      );
    },
    async examine() {
      const isUp = await client.info().then(
        () => true,
        () => false,
      );
      return isUp ? [] : ((await agent.run("preflight", root)) as unknown as readonly Finding[]);
    },
    async raise(call) {
      const { warnings = [], ...rest } = (await agent.run("up", root, call.progress)) as Partial<Raising>;
      return { warnings, ...rest };
    },
    /** An agent that does not come up here leaves nothing that the next one would not find. */
    isTouched: () => false,
    seen: () => ({}),
    async remove(call, before) {
      await before();
      await agent.run("down", root, call.progress);
    },
    servers: async () => [(await client.info()).host],
    holdsState: async () => existsSync(stateDir),
    way: async () => ({ access: { addresses: [`unix://${socket}`], machine: thisMachine() }, outputs: {} }),
  };
}

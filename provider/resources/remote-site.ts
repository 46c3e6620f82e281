import { ConstellationError, connect, type Servers } from "../../contract/index.ts";
import { bootstrap, examine, type Kits, refuse, removeAgent } from "../bootstrap/index.ts";
import { type Call, knownText, type Properties, parseAccess, type Stored } from "../engine/index.ts";
import type { Machines } from "../machines/index.ts";
import { type HostKeys, type Login, pinTo, type Target } from "../ssh/index.ts";
import type { Site } from "./site.ts";

export interface RemoteParts {
  readonly machines: Machines;
  readonly kits: Kits;
}

/** Another machine, the one of `servers`. */
export function remoteSite(
  inputs: Properties,
  old: Stored | undefined,
  { machines, kits }: RemoteParts,
): Site {
  const [[hostName, server] = []] = Object.entries(inputs.servers as Servers);
  if (hostName === undefined || server === undefined)
    throw new ConstellationError("invalid", "reach cluster: servers names no machine; give it one");
  const root = knownText(inputs.root);
  const ssh = targetOf(server.ssh);
  const within = root === undefined ? {} : { root };
  const machine = machines.at({ ssh, ...within }, old?.outputs.hostKeys as HostKeys | undefined);
  const about = ({ signal, progress, warn }: Call) => ({ machine, root, signal, progress, warn });
  const { labels, taints, reserved } = server;
  return {
    client: connect(machine.address),
    settings: { labels, taints, reserved },
    require({ id, inputs: { value }, outputs }, action) {
      const access = knownText(outputs.access);
      const isLocal = access !== undefined && parseAccess(access).servers === undefined;
      if (!isLocal) return refuseRename(id, value.servers, hostName);
      throw new ConstellationError(
        "invalid",
        `${action} cluster ${id}: it was made without servers, on the machine of its agent, and does not move; make a new one, or back it up and restore it there`,
      );
    },
    async examine(call) {
      try {
        const { findings, facts } = await examine(about(call));
        refuse(machine.name, findings);
        await kits.require(machine.name, facts.machine);
        if (!facts.isAgentRunning) call.info(`an agent is to be brought to ${machine.name} and started`);
        return findings;
      } catch (error) {
        if (!(error instanceof ConstellationError) || error.code !== "unreachable") throw error;
        call.warn(`${error.message}: checked the program alone, not the machine`);
        return undefined;
      }
    },
    raise: async (call) => ({ warnings: [], ...(await bootstrap({ ...about(call), hostName, kits })) }),
    remove: async (call) => {
      await removeAgent(about(call));
      machine.leave();
    },
    holdsState: machine.holdsState,
    async way() {
      const { hostKeys } = await machine.login();
      const pinned = pinTo(ssh, hostKeys);
      return {
        access: { addresses: [machine.name], servers: [{ ssh: pinned, ...within }] },
        outputs: { hostKeys },
      };
    },
  };
}

/** A host keeps the name it was made with: placements and its own files hold it. */
function refuseRename(id: string, before: unknown, hostName: string): void {
  const [was] = Object.keys((before ?? {}) as Servers);
  if (was === undefined || was === hostName) return;
  throw new ConstellationError(
    "invalid",
    `update cluster ${id}: servers.${hostName}: its server is called ${was}, and keeps that name; write servers.${was}, or make a new cluster`,
  );
}

type Ssh = Servers[string]["ssh"];

/** A jump host without credentials of its own takes the machine's. */
function targetOf({ jump, ...login }: Ssh): Target {
  const own = present(login) as unknown as Login;
  if (jump === undefined) return own;
  const { privateKey, privateKeyPassphrase, password, agent } = login;
  const inherited = present({ privateKey, privateKeyPassphrase, password, agent });
  const hops = jump.map((hop) => {
    const hasOwn = hop.privateKey !== undefined || hop.password !== undefined || hop.agent !== undefined;
    return { ...(hasOwn ? {} : inherited), ...present(hop) } as unknown as Login;
  });
  return { ...own, jump: hops };
}

function present(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

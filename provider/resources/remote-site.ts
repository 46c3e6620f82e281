import { ConstellationError, connect, type Servers } from "../../contract/index.ts";
import { bootstrap, type Kits, lookAhead, removeAgent } from "../bootstrap/index.ts";
import { type Call, knownText, type Properties, parseAccess, type Stored } from "../engine/index.ts";
import type { Machines } from "../machines/index.ts";
import { type HostKeys, pinTo } from "../ssh/index.ts";
import type { Site } from "./site.ts";
import { targetOf } from "./ssh-target.ts";

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
  let isTouched = false;
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
    examine: async (call) => (await lookAhead({ ...about(call), kits, info: call.info }))?.findings,
    async raise(call) {
      const touching = () => {
        isTouched = true;
      };
      return { warnings: [], ...(await bootstrap({ ...about(call), hostName, kits, touching })) };
    },
    isTouched: () => isTouched,
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

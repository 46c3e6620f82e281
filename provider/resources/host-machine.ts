import {
  ConstellationError,
  type HostSettings,
  isSameOwner,
  type Member,
  type SshLogin,
} from "../../contract/index.ts";
import { bootstrap, type Joining, type Look, removeAgent } from "../bootstrap/index.ts";
import { type Call, type Connection, ownerOf, type Properties, type Stored } from "../engine/index.ts";
import type { RemoteMachine } from "../machines/index.ts";
import type { HostKeys } from "../ssh/index.ts";
import type { RemoteParts } from "./remote-parts.ts";
import { serverAddress } from "./server-address.ts";
import { targetOf } from "./ssh-target.ts";

/** The machine of a Host, as its operations need it. */
export interface HostMachine {
  /** `ssh://root@10.0.0.1:22`. */
  readonly name: string;
  /** For a look at it. @param cluster what it is to join, and how hosts reach each other there; absent: not known yet. */
  asking(call: Call, cluster?: Pick<Look, "join" | "mode">): Look;
  /** Sends the programs, and has it join with a token of its own. */
  bringIn(connection: Connection, member: Member | undefined, call: Call): Promise<void>;
  /** Whether something was brought there, which a failure after that leaves. */
  isTouched(): boolean;
  /** Takes its agent down, which leaves the cluster, and removes all that was brought. */
  clear(call: Call): Promise<void>;
  /** Those that were seen: what a failure leaves behind is known by them. */
  hostKeys(): HostKeys;
  /** Whether an agent keeps something there. */
  holdsState(): Promise<boolean>;
}

/** Whether its create came to its end. */
export const isFinished = ({ outputs }: Stored) => outputs.address !== undefined;

/** Somebody else made a host of this name meanwhile: a create that was cut short before it joined holds no name. */
export const isAnothers = (old: Stored, { owner }: Member, urn: string) =>
  !isFinished(old) && owner !== undefined && !isSameOwner(owner, ownerOf(urn));

export function hostMachine(
  inputs: Properties,
  old: Stored | undefined,
  { machines, kits }: RemoteParts,
): HostMachine {
  if (inputs.ssh === undefined) throw unrecorded(inputs);
  const ssh = targetOf(inputs.ssh as SshLogin);
  const machine = machines.at({ ssh }, old?.outputs.hostKeys as HostKeys | undefined);
  const hostName = String(inputs.name);
  let isTouched = false;
  const about = ({ signal, progress, warn }: Call) => ({ machine, root: undefined, signal, progress, warn });
  return {
    name: machine.name,
    asking: (call, cluster) => ({
      ...{ ...about(call), kits, hostName, role: "host", info: call.info },
      ...cluster,
    }),
    async bringIn(connection, member, call) {
      const join = { ...joiningOf(connection, machine, inputs, call), known: member };
      const { mode } = (await connection.client.getCluster()).network;
      const touching = () => {
        isTouched = true;
      };
      const { upgradedFrom } = await bootstrap({
        ...about(call),
        hostName,
        role: "host",
        mode,
        kits,
        join,
        touching,
      });
      if (upgradedFrom !== undefined)
        call.info(`agent upgraded from ${upgradedFrom} to ${String(inputs.agentVersion)}`);
    },
    async clear(call) {
      await removeAgent(about(call));
      machine.leave();
    },
    isTouched: () => isTouched,
    hostKeys: machine.hostKeys,
    holdsState: machine.holdsState,
  };
}

/** An import tells the name alone. */
function unrecorded({ name }: Properties): ConstellationError {
  return new ConstellationError(
    "invalid",
    `reach host ${String(name)}: it was imported, and no login is recorded of it yet; give it ssh and run pulumi up`,
  );
}

/** What the program says of a host, for the scheduler. */
export function settingsOf({ labels, taints, reserved }: Properties): HostSettings {
  return { labels, taints, reserved } as HostSettings;
}

function joiningOf(
  { client, clusterId, machine: server }: Connection,
  machine: RemoteMachine,
  inputs: Properties,
  { urn, signal }: Call,
): Pick<Joining, "clusterId" | "token"> {
  return {
    clusterId,
    token: async () =>
      await client.createJoinToken({
        name: String(inputs.name),
        owner: ownerOf(urn),
        serverAddress: await serverAddress(server, machine, signal),
        ...settingsOf(inputs),
      }),
  };
}

import { isDeepStrictEqual } from "node:util";
import { type Client, ConstellationError, isSameOwner, type Member, UNKNOWN } from "../../contract/index.ts";
import { lookAhead } from "../bootstrap/index.ts";
import {
  type Call,
  type Connection,
  type Connections,
  createReach,
  hasUnknown,
  NotReady,
  type Opened,
  type Operations,
  ownerOf,
  type Properties,
  previewConnection,
  type Stored,
} from "../engine/index.ts";
import { agentVersionOf } from "./agent-version.ts";
import { isLastWill, unlessLettingGo } from "./host-letting-go.ts";
import { type HostMachine, hostMachine, isAnothers, isFinished, settingsOf } from "./host-machine.ts";
import { removeHost } from "./host-removal.ts";
import type { RemoteParts } from "./remote-parts.ts";
import { waitUntilAnswers } from "./wait-for-host.ts";

/**
 * More than a document: a create makes a machine with nothing but sshd a host of the cluster, a delete moves everything off
 * and leaves the machine as it was.
 * @param version of this provider and of the agents that it brings
 */
export function hostOperations(connections: Connections, parts: RemoteParts, version: string): Operations {
  const { connect, reconnect, reconnectIfThere } = createReach(connections);
  const machineOf = (inputs: Properties, old?: Stored) => hostMachine(inputs, old, parts);

  /** From whatever there is to a host that answers; every part of it can be repeated. */
  const raise = async (
    connection: Connection,
    inputs: Opened,
    call: Call,
    machine: HostMachine,
  ): Promise<Stored> => {
    await machine.bringIn(connection, await memberOf(connection, inputs.value), call);
    const member = await write(connection.client, inputs.value, call);
    const stored = await store(connection, member, inputs, machine.hostKeys());
    const trouble = await waitUntilAnswers(connection.client, stored.id, call);
    if (trouble !== undefined) throw new NotReady(stored, [trouble]);
    return stored;
  };

  return {
    async complete(inputs, { old }) {
      return { inputs: { ...inputs, agentVersion: agentVersionOf(old, version) }, violations: [] };
    },

    async previewCreate(inputs, call) {
      const unknown = { clusterId: UNKNOWN, revision: UNKNOWN, address: UNKNOWN, hostKeys: UNKNOWN };
      const connection = await previewConnection(inputs.value, connect, call);
      if (connection) refuseTaken(await memberOf(connection, inputs.value), call.urn);
      await look(machineOf, connection, inputs.value, call);
      return { ...unknown, ...(connection && { clusterId: connection.clusterId }) };
    },

    /** What is left of one that fails half-way is recorded: the next up goes on from there, a destroy removes it. */
    async create(inputs, call) {
      const connection = await connect(inputs.value);
      refuseTaken(await memberOf(connection, inputs.value), call.urn);
      const machine = machineOf(inputs.value);
      try {
        return await raise(connection, inputs, call, machine);
      } catch (error) {
        if (error instanceof NotReady || !machine.isTouched()) throw error;
        const outputs = { clusterId: connection.clusterId, hostKeys: machine.hostKeys() };
        const stored = { id: String(inputs.value.name), inputs, outputs };
        throw new NotReady(stored, [(error as Error).message]);
      }
    },

    async previewUpdate(old, inputs, call) {
      const connection = await previewConnection(
        inputs.value,
        (value) => reconnect(old, value, "preview"),
        call,
      );
      const member = connection && (await memberOf(connection, inputs.value));
      const isSilent = connection !== undefined && isFinished(old) && isAway(old, inputs.value, member);
      if (isSilent) call.info(`host ${old.id} does not answer: its agent is started where it does not run`);
      if (isFinished(old) && !isSilent && !concernsMachine(old, inputs.value)) return old.outputs;
      const machine = (value: Properties) => machineOf(value, old);
      await look(machine, connection, inputs.value, call).catch(unlessLettingGo(old, inputs, call));
      const unknown = { address: UNKNOWN, hostKeys: UNKNOWN };
      return { ...(isFinished(old) ? {} : { revision: UNKNOWN }), ...old.outputs, ...unknown };
    },

    /**
     * Also heals: the machine is gone to where its login or its agent changes, where it does not answer, and where its create
     * did not come to its end, though its agent may have joined.
     */
    async update(old, inputs, call) {
      const change = async () => {
        const connection = await reconnect(old, inputs.value, "update");
        const member = await memberOf(connection, inputs.value);
        if (member && isAnothers(old, member, call.urn)) refuseTaken(member, call.urn);
        if (!isFinished(old) || isAway(old, inputs.value, member) || concernsMachine(old, inputs.value))
          return await raise(connection, inputs, call, machineOf(inputs.value, old));
        const written = await write(connection.client, inputs.value, call);
        return store(connection, written, inputs, old.outputs.hostKeys);
      };
      return await change().catch(unlessLettingGo(old, inputs, call));
    },

    async read(id, old) {
      const connection = old ? await reconnectIfThere(old, "read") : await connect({});
      if (connection === undefined) return await withoutCluster(old as Stored, machineOf);
      const member = await connection.client.getHost(id);
      if (member === undefined && old !== undefined && !isFinished(old))
        throw new NotReady(old, [`host ${id}: it was not made to its end; pulumi up goes on`]);
      if (member === undefined) return undefined;
      refuseServer(member, "read");
      const inputs = await readInputs(connection.client, member, old?.inputs);
      const stored = store(connection, member, inputs, old?.outputs.hostKeys ?? {});
      if (member.state === "lost")
        throw new NotReady(stored, [
          `host ${id} is lost: it does not answer, and what was placed there is placed elsewhere; power it on, or pulumi up to start its agent`,
        ]);
      return stored;
    },

    async delete(old, call) {
      await removeHost(old, call, {
        machine: machineOf(old.inputs.value, old),
        connect: async () => await reconnectIfThere(old, "delete"),
      });
    },
  };
}

const memberOf = async ({ client }: Connection, { name }: Properties) => await client.getHost(String(name));

/** What the program says of it; an update also takes over what an import has found. */
async function write(client: Client, inputs: Properties, call: Call): Promise<Member> {
  const { labels = {}, taints = [], reserved = {} } = settingsOf(inputs);
  return await client.putHost(String(inputs.name), { owner: ownerOf(call.urn), labels, taints, reserved });
}

function store({ clusterId }: Connection, member: Member, inputs: Opened, hostKeys: unknown): Stored {
  const { name, address = "" } = member;
  return { id: name, inputs, outputs: { clusterId, revision: 1, address, hostKeys } };
}

/** A name is its owner's, who may try once more; nothing was touched so far. */
function refuseTaken(member: Member | undefined, urn: string): void {
  if (member === undefined) return;
  refuseServer(member, "create");
  if (member.owner !== undefined && isSameOwner(member.owner, ownerOf(urn))) return;
  const by = member.owner === undefined ? "joined by hand" : `created by ${member.owner.id}`;
  throw new ConstellationError(
    "owned",
    `create host ${member.name}: it exists, ${by} on ${member.addedAt}; import it or choose another name`,
  );
}

function refuseServer({ name, role }: Member, action: string): void {
  if (role !== "server") return;
  throw new ConstellationError(
    "invalid",
    `${action} host ${name}: it is a server of the cluster, which its Cluster has; choose another name`,
  );
}

/** It has to be gone to, to answer again; one that the program only says the last of is not. */
const isAway = (old: Stored, inputs: Properties, member: Member | undefined) =>
  member === undefined || (member.state !== "ready" && !isLastWill(old, inputs));

/** A login that changes, or an agent: the machine itself has to be gone to. */
function concernsMachine({ inputs: { value } }: Stored, { ssh, agentVersion }: Properties): boolean {
  return value.agentVersion !== agentVersion || !isDeepStrictEqual(value.ssh, ssh);
}

/** Refuses what the apply would refuse, as far as it can be known now. */
async function look(
  machineOf: (inputs: Properties) => HostMachine,
  connection: Connection | undefined,
  inputs: Properties,
  call: Call,
): Promise<void> {
  if (hasUnknown({ ...inputs, cluster: undefined })) return;
  const machine = machineOf(inputs);
  if (connection === undefined) return void (await lookAhead(machine.asking(call)));
  const known = await memberOf(connection, inputs);
  const { mode } = (await connection.client.getCluster()).network;
  await lookAhead(machine.asking(call, { join: { clusterId: connection.clusterId, known }, mode }));
}

/** Its cluster is no more; an agent on it goes on with what it had. */
async function withoutCluster(
  old: Stored,
  machineOf: (inputs: Properties, old: Stored) => HostMachine,
): Promise<undefined> {
  const holds = await machineOf(old.inputs.value, old)
    .holdsState()
    .catch(() => true);
  if (!holds) return undefined;
  throw new NotReady(old, [
    `host ${old.id}: its cluster is gone, and its agent is still there; pulumi up makes it a host of the new one, or destroy removes it`,
  ]);
}

/** What the cluster says of it. What is empty here and absent there is no difference. */
async function readInputs(client: Client, member: Member, old: Opened | undefined): Promise<Opened> {
  const was = old?.value ?? {};
  const read = settingsOf({ ...member });
  const settings = Object.fromEntries(
    (["labels", "taints", "reserved"] as const).map((key) => [
      key,
      isEmpty(read[key]) && isEmpty(was[key]) ? was[key] : read[key],
    ]),
  );
  const reports = await client.listHosts();
  const agentVersion = reports.find(({ name }) => name === member.name)?.agentVersion ?? was.agentVersion;
  const value = { ...was, name: member.name, ...settings, agentVersion };
  return { value, secretPaths: old?.secretPaths ?? new Set() };
}

const isEmpty = (value: unknown) => Object.keys(value ?? {}).length === 0;

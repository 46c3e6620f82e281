import { existsSync } from "node:fs";
import {
  agentPaths,
  type Client,
  type ClusterRecord,
  ConstellationError,
  connect,
  isSameStack,
  resources,
  UNKNOWN,
} from "../../contract/index.ts";
import {
  type Call,
  formatAccess,
  knownText,
  NotReady,
  type Opened,
  type Operations,
  type Properties,
  parseAccess,
  type Stored,
  thisMachine,
} from "../engine/index.ts";
import type { AgentProgram } from "./agent-program.ts";

/**
 * More than a document: a create brings up the agent on this machine, a delete removes every trace of it.
 * @param environmentRoot the root folder where the resource names none.
 */
export function clusterOperations(agent: AgentProgram, environmentRoot: string | undefined): Operations {
  const rootOf = (inputs: Properties) => knownText(inputs.root) ?? environmentRoot;
  const clientOf = (inputs: Properties) => connect({ socket: agentPaths(rootOf(inputs)).socket });

  const raise = async (inputs: Opened, call: Call): Promise<Stored> => {
    await agent.run("up", rootOf(inputs.value), call.progress);
    call.progress("founding the cluster");
    const record = await clientOf(inputs.value).putCluster({
      owner: { engine: "pulumi", id: call.urn },
      name: String(inputs.value.name),
      network: inputs.value.network as ClusterRecord["network"],
    });
    return store(record, inputs);
  };

  const store = (record: ClusterRecord, inputs: Opened): Stored => ({
    id: record.name,
    inputs,
    outputs: {
      clusterId: record.id,
      revision: 1,
      access: formatAccess({
        id: record.id,
        addresses: [`unix://${agentPaths(rootOf(inputs.value)).socket}`],
        machine: thisMachine(),
      }),
    },
  });

  return {
    complete: async (inputs) => ({ inputs, violations: [] }),

    async previewCreate(inputs) {
      await agent.run("preflight", rootOf(inputs.value));
      return { clusterId: UNKNOWN, access: UNKNOWN, revision: UNKNOWN };
    },

    create: raise,

    async previewUpdate(old) {
      return old.outputs;
    },

    /** Also heals: the agent is brought up where it does not run. */
    async update(old, inputs, call) {
      requireThisMachine(old, "update");
      return raise(inputs, call);
    },

    async read(id, old) {
      if (old !== undefined) requireThisMachine(old, "read");
      const inputs = old?.inputs ?? importedInputs(id);
      const record = await readRecord(clientOf(inputs.value), agentPaths(rootOf(inputs.value)).stateDir);
      if (record === "gone") return undefined;
      if (record === "down") {
        if (old === undefined) return undefined;
        throw new NotReady(old, [
          `cluster ${id}: its agent does not run on this machine; pulumi up starts it again`,
        ]);
      }
      if (old !== undefined && old.outputs.clusterId !== record.id) return undefined;
      if (old === undefined && record.name !== id) return undefined;
      return store(record, {
        ...inputs,
        value: { ...inputs.value, name: record.name, network: record.network },
      });
    },

    async delete(old, call) {
      requireThisMachine(old, "delete");
      const inputs = old.inputs.value;
      const there = await readRecord(clientOf(inputs), agentPaths(rootOf(inputs)).stateDir);
      if (there === "down") {
        call.warn("the agent does not answer: removing it without asking what it still runs");
      } else if (there !== "gone") {
        if (there.id !== old.outputs.clusterId)
          return call.info(`cluster ${old.id} is gone: ${there.name} has taken its place`);
        await refuseWhileShared(clientOf(inputs), inputs, call);
      }
      await agent.run("down", rootOf(inputs), call.progress);
    },
  };
}

/** An agent elsewhere is out of reach: what is found here says nothing about it. */
function requireThisMachine({ id, outputs }: Stored, action: string): void {
  const access = knownText(outputs.access);
  const machine = access === undefined ? undefined : parseAccess(access).machine;
  if (machine === undefined || machine === thisMachine()) return;
  throw new ConstellationError(
    "wrong-cluster",
    `${action} cluster ${id}: it runs on another machine than this one; run pulumi there`,
  );
}

function importedInputs(name: string): Opened {
  return { value: { name, forceDestroy: false }, secretPaths: new Set() };
}

async function readRecord(client: Client, stateDir: string): Promise<ClusterRecord | "gone" | "down"> {
  try {
    return await client.getCluster();
  } catch (error) {
    if (!(error instanceof ConstellationError)) throw error;
    if (error.code === "no-cluster") return "gone";
    if (error.code !== "unreachable") throw error;
    return existsSync(stateDir) ? "down" : "gone";
  }
}

/** Documents that this stack did not make would die with the cluster. */
async function refuseWhileShared(client: Client, inputs: Properties, call: Call): Promise<void> {
  if (inputs.forceDestroy === true) return;
  const documents = Object.values(resources).filter(({ namespaced }) => namespaced);
  const lists = await Promise.all(documents.map(({ plural }) => client.listDocuments(plural)));
  const foreign = lists.flat().filter(({ owner }) => !isSameStack(owner, { engine: "pulumi", id: call.urn }));
  if (foreign.length === 0) return;
  const names = foreign.map(
    ({ namespace, kind, name, owner }) => `${kind} ${namespace}/${name} of ${owner.id}`,
  );
  throw new ConstellationError(
    "owned",
    `delete cluster ${String(inputs.name)}: others keep ${foreign.length === 1 ? "a document" : `${foreign.length} documents`} on it: ${names.slice(0, namesShown).join(", ")}; delete them first or set forceDestroy`,
  );
}

const namesShown = 10;

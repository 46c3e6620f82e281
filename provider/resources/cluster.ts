import { existsSync } from "node:fs";
import {
  agentPaths,
  type Client,
  type ClusterRecord,
  ConstellationError,
  connect,
  isNewer,
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
import { stopServices } from "./stop-services.ts";

/**
 * More than a document: a create brings up the agent on this machine, a delete removes every trace of it.
 * @param version of this provider and the agent beside it.
 * @param environmentRoot the root folder where the resource names none.
 */
export function clusterOperations(
  agent: AgentProgram,
  version: string,
  environmentRoot: string | undefined,
): Operations {
  const rootOf = (inputs: Properties) => knownText(inputs.root) ?? environmentRoot;
  const clientOf = (inputs: Properties) => connect({ socket: agentPaths(rootOf(inputs)).socket });

  const raise = async (inputs: Opened, call: Call): Promise<Stored> => {
    const { warnings, upgradedFrom } = await agent.run("up", rootOf(inputs.value), call.progress);
    tell((warnings ?? []) as Finding[], call);
    if (upgradedFrom !== undefined) call.info(`agent upgraded from ${upgradedFrom} to ${version}`);
    call.progress("founding the cluster");
    const record = await clientOf(inputs.value).putCluster({
      owner: { engine: "pulumi", id: call.urn },
      name: String(inputs.value.name),
      network: inputs.value.network as ClusterRecord["network"],
      registries: inputs.value.registries as ClusterRecord["registries"],
      imageStorage: inputs.value.imageStorage as ClusterRecord["imageStorage"],
      labels: inputs.value.labels as ClusterRecord["labels"],
      taints: inputs.value.taints as ClusterRecord["taints"],
      reserved: inputs.value.reserved as ClusterRecord["reserved"],
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

  /** The cluster's record; an agent that does not run is started first, to ask who else keeps something on it. */
  const wake = async (inputs: Properties, call: Call) => {
    const read = () => readRecord(clientOf(inputs), agentPaths(rootOf(inputs)).stateDir);
    const found = await read();
    if (found !== "down") return found;
    try {
      await agent.run("up", rootOf(inputs), call.progress);
      return await read();
    } catch (error) {
      if (inputs.forceDestroy !== true) throw unasked(String(inputs.name), error as Error);
      call.warn("the agent does not start: removing it without asking what others keep on it");
      return "down";
    }
  };

  return {
    /** Somebody with a newer provider may have upgraded the agent: it is never taken back. */
    async complete(inputs, { old }) {
      const running = knownText(old.agentVersion);
      const agentVersion = running !== undefined && isNewer(running, version) ? running : version;
      return { inputs: { ...inputs, agentVersion }, violations: [] };
    },

    async previewCreate(inputs, call) {
      if (!(await answers(clientOf(inputs.value)))) {
        const findings = (await agent.run("preflight", rootOf(inputs.value))) as unknown as Finding[];
        refuseUnfit(findings);
        tell(findings, call);
      }
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
      const { version: agentVersion } = await clientOf(inputs.value).info();
      return store(record, { ...inputs, value: { ...inputs.value, ...readInputs(record), agentVersion } });
    },

    async delete(old, call) {
      requireThisMachine(old, "delete");
      const inputs = old.inputs.value;
      const there = await wake(inputs, call);
      if (there !== "gone" && there !== "down") {
        if (there.id !== old.outputs.clusterId)
          return call.info(`cluster ${old.id} is gone: ${there.name} has taken its place`);
        await refuseWhileShared(clientOf(inputs), inputs, call);
        await stopServices(clientOf(inputs), call);
      }
      await agent.run("down", rootOf(inputs), call.progress);
    },
  };
}

/** What the agent's preflight says of this machine; the shape that `constellation-agent preflight --json` prints. */
interface Finding {
  readonly severity: "refusal" | "warning";
  readonly problem: string;
  readonly fix: string;
}

async function answers(client: Client): Promise<boolean> {
  return client.info().then(
    () => true,
    () => false,
  );
}

/** All of them at once: the apply would stop at the same ones. */
function refuseUnfit(findings: readonly Finding[]): void {
  const refusals = findings.filter(({ severity }) => severity === "refusal");
  if (refusals.length === 0) return;
  const violations = refusals.map(({ problem, fix }) => ({ path: "machine", reason: `${problem}; ${fix}` }));
  throw new ConstellationError("host-unfit", "start an agent: this machine cannot run one", { violations });
}

function tell(findings: readonly Finding[], call: Call): void {
  for (const { severity, problem, fix } of findings)
    if (severity === "warning") call.warn(`${problem}; ${fix}`);
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

function unasked(name: string, cause: Error): ConstellationError {
  return new ConstellationError(
    "host-unfit",
    `delete cluster ${name}: its agent does not start, so nobody can say what others keep on it (${cause.message}); mend it, set forceDestroy, or run constellation-agent down on this machine`,
    { cause },
  );
}

/** The inputs that the cluster itself holds; undefined where it holds none. */
function readInputs(record: ClusterRecord): Properties {
  const { name, network, registries, imageStorage, labels, taints, reserved } = record;
  return { name, network, registries, imageStorage, labels, taints, reserved };
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

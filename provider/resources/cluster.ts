import {
  type ClusterRecord,
  ConstellationError,
  isSameOwner,
  type Servers,
  UNKNOWN,
} from "../../contract/index.ts";
import type { Finding } from "../bootstrap/index.ts";
import {
  type Call,
  type Connections,
  formatAccess,
  hasUnknown,
  NotReady,
  type Opened,
  type Operations,
  type Properties,
  type Stored,
} from "../engine/index.ts";
import { agentVersionOf } from "./agent-version.ts";
import { concernsMachines, isFinished, isLettingGo, refuseOther, tellSurplus } from "./cluster-changes.ts";
import { readInputs, readRecord } from "./cluster-record.ts";
import { loginIn, serversThere } from "./import-cluster.ts";
import { isBarred } from "./server-machine.ts";
import { refuseWhileShared } from "./shared-cluster.ts";
import type { Site, SiteOf } from "./site.ts";
import { stopServices } from "./stop-services.ts";
import { refuseUnlessForced } from "./take-down.ts";

/**
 * More than a document: a create brings up an agent, on this machine or another one, a delete removes every trace of it.
 * @param connections of this run, which go by the access that the program leads to
 * @param version of this provider and the agent beside it.
 */
export function clusterOperations(
  siteOf: SiteOf,
  connections: Pick<Connections, "renew">,
  version: string,
): Operations {
  const wayOf = async (site: Site, clusterId: string) => {
    const { access: way, outputs } = await site.way();
    const access = formatAccess({ id: clusterId, ...way });
    connections.renew(access);
    return { access, outputs };
  };

  const raise = async (site: Site, inputs: Opened, call: Call): Promise<Stored> => {
    const { warnings, upgradedFrom } = await site.raise(call);
    tell(warnings, call);
    if (upgradedFrom !== undefined) call.info(`agent upgraded from ${upgradedFrom} to ${version}`);
    call.progress("founding the cluster");
    const record = await site.put({
      owner: { engine: "pulumi", id: call.urn },
      name: String(inputs.value.name),
      network: inputs.value.network as ClusterRecord["network"],
      registries: inputs.value.registries as ClusterRecord["registries"],
      imageStorage: inputs.value.imageStorage as ClusterRecord["imageStorage"],
    });
    const troubles = await site.gather(record, call);
    const stored = await store(record, inputs, site);
    if (troubles.length > 0) throw new NotReady(stored, troubles);
    return stored;
  };

  const store = async (record: ClusterRecord, inputs: Opened, site: Site): Promise<Stored> => {
    const { access, outputs } = await wayOf(site, record.id);
    return { id: record.name, inputs, outputs: { ...outputs, clusterId: record.id, revision: 1, access } };
  };

  const describe = async (record: ClusterRecord, inputs: Opened, site: Site): Promise<Stored> => {
    const value = await readInputs(site.client, record, inputs.value);
    return await store(record, { ...inputs, value }, site);
  };

  /** An import: of this machine's cluster by its name, of one elsewhere by the login of a server. */
  const adopt = async (id: string): Promise<Stored> => {
    const login = loginIn(id);
    const toImport = (servers?: Servers): Opened => ({
      value: { name: id, ...(servers && { servers }), forceDestroy: false },
      secretPaths: new Set(),
    });
    const site = siteOf(toImport(login && { [id]: { ssh: login } }).value);
    const record = await readRecord(site);
    if (typeof record === "string" || (login === undefined && record.name !== id))
      throw unimportable(id, login !== undefined, record);
    const inputs = toImport(login && (await serversThere(site.client, login)));
    return await describe(record, inputs, login === undefined ? site : siteOf(inputs.value));
  };

  /** The cluster's record; an agent that does not run is started first, to ask who else keeps something on it. */
  const wake = async (site: Site, inputs: Properties, call: Call) => {
    const found = await readRecord(site);
    if (found !== "down") return found;
    try {
      await site.raise(call);
      return await readRecord(site);
    } catch (error) {
      if (inputs.forceDestroy !== true) throw unasked(String(inputs.name), error as Error);
      call.warn("the agent does not start: removing it without asking what others keep on it");
      return "down";
    }
  };

  return {
    async complete(inputs, { old }) {
      return { inputs: { ...inputs, agentVersion: agentVersionOf(old, version) }, violations: [] };
    },

    async previewCreate(inputs, call) {
      const outputs =
        inputs.value.servers === undefined ? unknownOutputs : { ...unknownOutputs, hostKeys: UNKNOWN };
      if (hasUnknown(inputs.value)) return outputs;
      const findings = await siteOf(inputs.value).examine(call);
      refuseUnfit(findings ?? []);
      tell(findings ?? [], call);
      return outputs;
    },

    /** What is left of one that fails half-way is recorded: the next up goes on from there, a destroy removes it. */
    async create(inputs, call) {
      const site = siteOf(inputs.value);
      try {
        return await raise(site, inputs, call);
      } catch (error) {
        if (error instanceof NotReady || !site.isTouched()) throw error;
        const stored = { id: String(inputs.value.name), inputs, outputs: site.seen() };
        throw new NotReady(stored, [(error as Error).message]);
      }
    },

    /** What is done on other machines is looked at as the apply looks; what is on it is reached as the apply reaches it. */
    async previewUpdate(old, inputs, call) {
      const outputs = isFinished(old) ? old.outputs : { ...old.outputs, ...unknownOutputs };
      if (hasUnknown(inputs.value)) return outputs;
      const site = siteOf(inputs.value, old);
      site.require(old, "update");
      await tellSurplus(site, old, inputs.value, call);
      if (inputs.value.servers === undefined || isLettingGo(old, inputs)) return outputs;
      await refuseOther(site, old, inputs.value).catch(unlessBarred);
      await site.examine(call);
      if (isFinished(old) && !concernsMachines(old, inputs.value)) return outputs;
      if (!isFinished(old)) return { ...outputs, hostKeys: UNKNOWN };
      const { access } = await wayOf(site, String(old.outputs.clusterId));
      return { ...outputs, access, hostKeys: UNKNOWN };
    },

    /** Also heals: the agent is brought up where it does not run. */
    async update(old, inputs, call) {
      const site = siteOf(inputs.value, old);
      site.require(old, "update");
      try {
        await refuseOther(site, old, inputs.value);
        return await raise(site, inputs, call);
      } catch (error) {
        const isAway = isBarred(error) || error instanceof NotReady;
        if (!isAway || !isLettingGo(old, inputs)) throw error;
        call.warn(`${error.message}: forceDestroy is recorded, and pulumi destroy lets go of it`);
        return error instanceof NotReady ? error.stored : { ...old, inputs };
      }
    },

    async read(id, old) {
      if (old === undefined) return await adopt(id);
      const site = siteOf(old.inputs.value, old);
      site.require(old, "read");
      if (!isFinished(old))
        throw new NotReady(old, [`cluster ${id}: it was not made to its end; pulumi up goes on`]);
      const record = await readRecord(site).catch(unreadable(id, old));
      if (record === "gone") return undefined;
      if (record === "down")
        throw new NotReady(old, [`cluster ${id}: its agent does not run; pulumi up starts it again`]);
      if (old.outputs.clusterId !== record.id) return undefined;
      return await describe(record, old.inputs, site);
    },

    async delete(old, call) {
      const inputs = old.inputs.value;
      const site = siteOf(inputs, old);
      site.require(old, "delete");
      const there = await wake(site, inputs, call).catch(letGo(inputs, call));
      if (there === "lost") return;
      if (there === "gone" || there === "down") return await site.remove(call, async () => undefined);
      if (!isOurs(there, old, call))
        return call.info(`cluster ${old.id} is gone: ${there.name} has taken its place`);
      await refuseWhileShared(site, inputs, call);
      await site.remove(call, async () => await stopServices(site.client, call));
    },
  };
}

const unknownOutputs = { clusterId: UNKNOWN, access: UNKNOWN, revision: UNKNOWN };

/** One that was not made to its end is known by who made it. */
const isOurs = ({ id, owner }: ClusterRecord, old: Stored, { urn }: Call) =>
  isFinished(old) ? id === old.outputs.clusterId : isSameOwner(owner, { engine: "pulumi", id: urn });

/** A machine that cannot be reached says nothing about what is on it. */
function unreadable(id: string, old: Stored) {
  return (error: unknown): never => {
    const isAway = error instanceof ConstellationError && error.code === "unreachable";
    if (!isAway) throw error;
    throw new NotReady(old, [`cluster ${id}: ${error.message}`]);
  };
}

/** What keeps from a machine is told where that is gone to. */
function unlessBarred(error: unknown): void {
  if (!isBarred(error)) throw error;
}

/** A machine that is gone for good takes its agent along. */
function letGo({ forceDestroy }: Properties, call: Call) {
  return (error: unknown): "lost" => {
    refuseUnlessForced(error, forceDestroy === true, call);
    return "lost";
  };
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

function unasked(name: string, cause: Error): ConstellationError {
  return new ConstellationError(
    "host-unfit",
    `delete cluster ${name}: its agent does not start, so nobody can say what others keep on it (${cause.message}); mend it, set forceDestroy, or run constellation-agent down there`,
    { cause },
  );
}

function unimportable(id: string, isElsewhere: boolean, record: ClusterRecord | "gone" | "down"): Error {
  const there = isElsewhere ? "there" : "on this machine";
  if (record === "down")
    return new ConstellationError(
      "unreachable",
      `import cluster ${id}: its agent ${there} does not run; start it with constellation-agent up`,
    );
  const advice = isElsewhere ? "" : "; one on other machines is imported by ssh://USER@ADDRESS of a server";
  return new ConstellationError(
    "not-found",
    record === "gone"
      ? `import cluster ${id}: none is ${there}${advice}`
      : `import cluster ${id}: the one ${there} is called ${record.name}${advice}`,
  );
}

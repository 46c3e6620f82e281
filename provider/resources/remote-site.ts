import {
  ConstellationError,
  connect,
  type HostSettings,
  type NetworkMode,
  type Servers,
} from "../../contract/index.ts";
import { refuse, takeDownThere } from "../bootstrap/index.ts";
import { type Call, knownText, type Properties, parseAccess, type Stored } from "../engine/index.ts";
import { anyOf } from "../machines/index.ts";
import { type HostKeys, placeOf } from "../ssh/index.ts";
import { createGathering } from "./gathering.ts";
import type { RemoteParts } from "./remote-parts.ts";
import { isBarred, judgeServing, type Looked, type ServerMachine, serverMachine } from "./server-machine.ts";
import type { Site } from "./site.ts";
import { takeDown } from "./take-down.ts";
import { waitUntilHealthy } from "./wait-for-server.ts";

/** Other machines, those of `servers`. */
export function remoteSite(inputs: Properties, old: Stored | undefined, parts: RemoteParts): Site {
  const [root, known] = [knownText(inputs.root), old?.outputs.hostKeys as HostKeys | undefined];
  const { mode } = (inputs.network ?? {}) as { readonly mode?: NetworkMode };
  const machinesOf = (servers: Servers = {}) =>
    Object.entries(servers)
      .map(([name, server]) => serverMachine(name, server, { root, known, mode }, parts))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  const wanted = machinesOf(inputs.servers as Servers);
  const before = machinesOf(old?.inputs.value.servers as Servers | undefined);
  // Another login or host key makes no other machine of it.
  const isWanted = ({ name, where, machine }: ServerMachine) =>
    wanted.some((one) => one.machine === machine || (one.name === name && one.where === where));
  const dropped = before.filter((one) => !isWanted(one));
  const [first, ...others] = [...wanted, ...dropped].map(({ machine }) => machine);
  if (first === undefined)
    throw new ConstellationError("invalid", "reach cluster: servers names no machine; give it one");
  const any = anyOf([first, ...others]);
  const client = connect(any.address);
  let isTouched = false;
  // A cluster that is there is founded on no other machine: those that are new join it.
  const isFounded = old?.outputs.clusterId !== undefined;
  let founder = (isFounded ? dropped[0] : undefined) ?? (wanted[0] as ServerMachine);
  let looked = new Map<string, Looked>();

  const lookAtAll = async (call: Call) => {
    const found = await Promise.all(wanted.map(async (one) => [one.name, await one.look(call)] as const));
    looked = new Map(found);
    refuse(
      "the machines",
      found.flatMap(([name, look]) =>
        "trouble" in look
          ? []
          : [...look.examined.findings, ...judgeServing(look.examined.facts)].map((finding) => ({
              ...finding,
              problem: `server ${name}: ${finding.problem}`,
            })),
      ),
    );
  };
  const isServing = ({ name }: ServerMachine) => {
    const look = looked.get(name);
    return look !== undefined && "examined" in look && look.examined.facts.hasStore;
  };
  /** Its agent is another cluster's, and is not upgraded for this one. */
  const refuseStrangers = async (serving: readonly ServerMachine[]) => {
    if (!isFounded) return;
    const listed = await client.listServers().catch(() => undefined);
    const strangers = serving.filter(({ name }) => listed?.every((one) => one.name !== name));
    refuse(
      "the machines",
      strangers.map(({ name }) => ({
        severity: "refusal",
        problem: `server ${name}: it keeps the state of another cluster, or kept this one's`,
        fix: `${takeDownThere} where that is over, or name another machine`,
      })),
    );
  };
  const troubles = () =>
    wanted.flatMap(({ name }) => {
      const look = looked.get(name);
      return look !== undefined && "trouble" in look ? [{ name, error: look.trouble }] : [];
    });

  return {
    client,
    require({ id, inputs: { value }, outputs }, action) {
      const access = knownText(outputs.access);
      const isLocal = access !== undefined && parseAccess(access).servers === undefined;
      if (!isLocal) return refuseRename(id, value.servers as Servers | undefined, inputs.servers as Servers);
      throw new ConstellationError(
        "invalid",
        `${action} cluster ${id}: it was made without servers, on the machine of its agent, and does not move; make a new one, or back it up and restore it there`,
      );
    },

    async examine(call) {
      const looks = await Promise.all(wanted.map(async (one) => await one.lookAhead(call).catch(troubleOf)));
      const isServed = looks.some((look) => !isBarred(look) && look?.facts.hasStore);
      const found = looks.map((look, at) => {
        if (!isBarred(look)) return look?.findings;
        if (!isServed) throw look;
        return void call.warn(`server ${wanted[at]?.name}: ${look.message}; the others go on without it`);
      });
      return found.every((findings) => findings === undefined)
        ? undefined
        : found.flatMap((findings = []) => findings);
    },

    /** All of them get the programs at once; then those that keep the state already, one after the other. */
    async raise(call) {
      await lookAtAll(call);
      const serving = wanted.filter(isServing);
      await refuseStrangers(serving);
      const [away] = troubles();
      if (away && serving.length === 0 && !dropped.includes(founder)) throw away.error;
      const there = wanted.filter(({ name }) => !troubles().some((one) => one.name === name));
      const touching = () => {
        isTouched = true;
      };
      if (there.length > 1) await Promise.all(there.map((one) => one.prepare(call, touching)));
      touching();
      founder = serving[0] ?? founder;
      if (serving.length <= 1)
        return { warnings: [], ...(dropped.includes(founder) ? {} : await founder.start(call)) };
      for (const server of serving) {
        const { upgradedFrom } = await server.start(call);
        if (upgradedFrom === undefined) continue;
        call.info(
          `server ${server.name}: agent upgraded from ${upgradedFrom} to ${String(inputs.agentVersion)}`,
        );
        await waitUntilHealthy(client, server.name, call);
      }
      return { warnings: [] };
    },

    async put(write) {
      const first = connect(founder.machine.address);
      // Of several, each one's settings are written apart.
      const settings =
        isFounded && wanted.length > 1 ? settingsOf(await first.getCluster()) : founder.settings;
      return await first.putCluster({ ...write, ...settings });
    },

    async gather(cluster, call) {
      const gathering = createGathering({
        client,
        any,
        cluster,
        wanted,
        dropped,
        looked,
        founder: dropped.includes(founder) ? undefined : founder.name,
        call,
      });
      const blocked = await gathering.settle();
      // What is recorded names the machines that are to go: the next up has to know them still.
      if (blocked !== undefined && dropped.length > 0)
        throw new ConstellationError("taken", `change servers: ${blocked}`);
      await gathering.writeSettings();
      const reasons = troubles().map(
        ({ name, error }) =>
          `server ${name}: ${error.message}; start it, or put another machine in its place`,
      );
      return blocked === undefined ? reasons : [...reasons, blocked];
    },

    isTouched: () => isTouched,
    seen: () => ({ hostKeys: Object.assign({}, ...wanted.map(({ machine }) => machine.hostKeys())) }),
    remove: async (call, before) =>
      await takeDown([...wanted, ...dropped], inputs.forceDestroy === true, call, before),
    servers: async () => [...wanted, ...dropped].map(({ name }) => name),
    holdsState: any.holdsState,

    async way() {
      const ways = await Promise.all(wanted.map((one) => one.place()));
      return {
        access: {
          addresses: wanted.map(({ machine }) => machine.name),
          servers: ways.map(({ place }) => place),
        },
        outputs: { hostKeys: Object.assign({}, ...ways.map(({ hostKeys }) => hostKeys)) },
      };
    },
  };
}

function troubleOf(error: unknown): ConstellationError {
  if (isBarred(error)) return error;
  throw error;
}

const settingsOf = ({ labels, taints, reserved }: HostSettings): HostSettings => ({
  ...(labels && { labels }),
  ...(taints && { taints }),
  ...(reserved && { reserved }),
});

/** A machine keeps the name it was made with: placements and its own files hold it. */
function refuseRename(id: string, before: Servers = {}, now: Servers): void {
  for (const [name, server] of Object.entries(now)) {
    if (before[name] !== undefined) continue;
    const was = Object.keys(before).find(
      (other) =>
        now[other] === undefined && placeOf((before[other] as Servers[string]).ssh) === placeOf(server.ssh),
    );
    if (was === undefined) continue;
    throw new ConstellationError(
      "invalid",
      `update cluster ${id}: servers.${name}: its server is called ${was}, and keeps that name; write servers.${was}, or make a new cluster`,
    );
  }
}

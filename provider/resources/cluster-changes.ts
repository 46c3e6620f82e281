import { isDeepStrictEqual } from "node:util";
import { ConstellationError, type Servers } from "../../contract/index.ts";
import type { Call, Opened, Properties, Stored } from "../engine/index.ts";
import { readRecord } from "./cluster-record.ts";
import type { Site } from "./site.ts";

/** Whether its create came to its end. */
export const isFinished = ({ outputs }: Stored) => outputs.clusterId !== undefined;

/** Servers that come, go or are reached otherwise, or get a newer agent. */
export function concernsMachines(
  { inputs: { value } }: Stored,
  { servers, agentVersion }: Properties,
): boolean {
  return value.agentVersion !== agentVersion || !isDeepStrictEqual(value.servers, servers);
}

/** It is set just now, and the program asks for nothing else: that needs no machine. */
export function isLettingGo({ inputs: { value: was } }: Stored, { value }: Opened): boolean {
  if (was.forceDestroy === true || value.forceDestroy !== true) return false;
  const asked = (inputs: Properties) => ({ ...inputs, forceDestroy: true, agentVersion: undefined });
  return isDeepStrictEqual(asked(was), asked(value));
}

/** An update of one cluster founds no other one in its place. */
export async function refuseOther(site: Site, old: Stored, inputs: Properties): Promise<void> {
  if (inputs.servers === undefined || !isFinished(old)) return;
  const record = await readRecord(site);
  if (record === "down" || (record !== "gone" && record.id === old.outputs.clusterId)) return;
  const there = record === "gone" ? "none is there" : `${record.id} is there`;
  // A refresh goes by the logins that are recorded.
  const isReached = isDeepStrictEqual(old.inputs.value.servers, inputs.servers);
  const anew = isReached
    ? "pulumi up --refresh to make it anew"
    : "where it is gone for good, take it and all that was on it out of the state with pulumi state delete --target-dependents, then run pulumi up";
  throw new ConstellationError(
    "wrong-cluster",
    `update cluster ${old.id}: it is ${String(old.outputs.clusterId)}, and ${there}; correct servers, or ${anew}`,
  );
}

/** Each update brings about the servers that the program names, and no others, whoever made them. */
export async function tellSurplus(
  site: Site,
  old: Stored,
  { servers }: Properties,
  call: Call,
): Promise<void> {
  if (servers === undefined || !isFinished(old)) return;
  // Where none answers, the rest of the preview says so.
  const there = await site.client.listServers().catch(() => []);
  for (const { name } of there.filter((one) => (servers as Servers)[one.name] === undefined))
    call.info(`server ${name} is not named by servers: this update removes it from the cluster`);
}

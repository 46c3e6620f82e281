import {
  type Client,
  type ClusterRecord,
  ConstellationError,
  type HostSettings,
  type Servers,
} from "../../contract/index.ts";
import type { Properties } from "../engine/index.ts";
import { serversVersion } from "./agent-version.ts";
import type { Site } from "./site.ts";

/** `down`: an agent keeps something there, and does not run. */
export async function readRecord({ client, holdsState }: Site): Promise<ClusterRecord | "gone" | "down"> {
  try {
    return await client.getCluster();
  } catch (error) {
    if (!(error instanceof ConstellationError)) throw error;
    if (error.code === "no-cluster") return "gone";
    if (error.code !== "unreachable") throw error;
    return (await holdsState()) ? "down" : "gone";
  }
}

/** The inputs as the cluster itself has them. */
export async function readInputs(
  client: Client,
  record: ClusterRecord,
  inputs: Properties,
): Promise<Properties> {
  const [servers, agentVersion] = await Promise.all([serversIn(client, inputs), serversVersion(client)]);
  return { ...inputs, ...inputsIn(record, inputs), ...servers, agentVersion };
}

/** The inputs that the cluster itself holds; undefined where it holds none. */
function inputsIn(record: ClusterRecord, { servers }: Properties): Properties {
  const { name, network, registries, imageStorage, labels, taints, reserved } = record;
  const own = { name, network, registries, imageStorage };
  const settings = { labels, taints, reserved };
  if (servers === undefined) return { ...own, ...settings };
  const read = Object.entries(servers as Servers).map(([key, server]) => [key, { ...server, ...settings }]);
  return { ...own, servers: Object.fromEntries(read) };
}

/** Of several servers, each one's own record says what it is; one that is no host of the cluster any more is left out. */
async function serversIn(client: Client, { servers }: Properties): Promise<Properties> {
  const written = Object.entries((servers ?? {}) as Servers);
  if (written.length < 2) return {};
  const read = await Promise.all(
    written.map(async ([name, server]) => {
      const member = await client.getHost(name);
      return member === undefined ? [] : [[name, { ...server, ...asWritten(member, server) }] as const];
    }),
  );
  return { servers: Object.fromEntries(read.flat()) };
}

/** Nothing and an empty list are one. */
function asWritten(member: HostSettings, server: HostSettings): HostSettings {
  const keys = ["labels", "taints", "reserved"] as const;
  const isSet = (value: object | undefined) => value !== undefined && Object.keys(value).length > 0;
  return Object.fromEntries(
    keys.map((key) => [key, isSet(member[key]) ? member[key] : server[key] && member[key]]),
  );
}

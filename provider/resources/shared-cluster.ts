import {
  type Client,
  ConstellationError,
  isSameStack,
  type Member,
  type Owner,
  resources,
} from "../../contract/index.ts";
import type { Call, Properties } from "../engine/index.ts";
import type { Site } from "./site.ts";

const namesShown = 10;

/**
 * Documents that this stack did not make would die with the cluster, hosts would be left without one, and servers that are
 * none of its own would be left without their majority. Throws `owned`.
 */
export async function refuseWhileShared(
  { client, servers }: Pick<Site, "client" | "servers">,
  { name, forceDestroy }: Properties,
  { urn }: Pick<Call, "urn">,
): Promise<void> {
  if (forceDestroy === true) return;
  const isForeign = ({ owner }: { readonly owner?: Owner | undefined }) =>
    owner === undefined || !isSameStack(owner, { engine: "pulumi", id: urn });
  const refuse = (what: string, fix: string) => {
    throw new ConstellationError(
      "owned",
      `delete cluster ${String(name)}: ${what}; ${fix} or set forceDestroy`,
    );
  };
  const kinds = Object.values(resources).filter(({ namespaced }) => namespaced);
  const lists = await Promise.all(kinds.map(({ plural }) => client.listDocuments(plural)));
  const documents = lists.flat().filter(isForeign);
  if (documents.length > 0) {
    const told = documents.map((one) => `${one.kind} ${one.namespace}/${one.name} of ${one.owner.id}`);
    refuse(`others keep ${counted(told, "document")} on it: ${shown(told)}`, "delete them first");
  }
  const own = await servers();
  const others = (await client.listServers()).filter((one) => !own.includes(one.name));
  if (others.length > 0) {
    const told = others.map((one) => `${one.name} at ${one.address}, joined by hand`);
    refuse(
      `${counted(told, "server")} of others would be left without a majority: ${shown(told)}`,
      "take them out first (constellation remove-server NAME, then constellation-agent down there)",
    );
  }
  const hosts = (await hostsOf(client)).filter(isForeign);
  if (hosts.length > 0) {
    const told = hosts.map((one) => `${one.name}, ${one.owner ? `of ${one.owner.id}` : "joined by hand"}`);
    refuse(
      `${counted(told, "host")} of others would be left without it: ${shown(told)}`,
      "destroy them first (by hand: constellation-agent down there)",
    );
  }
}

async function hostsOf(client: Client): Promise<Member[]> {
  const hosts = (await client.listHosts()).filter(({ role }) => role === "host");
  const members = await Promise.all(hosts.map(({ name }) => client.getHost(name)));
  return members.filter((member) => member !== undefined);
}

function counted(all: readonly string[], noun: string): string {
  return all.length === 1 ? `a ${noun}` : `${all.length} ${noun}s`;
}

function shown(all: readonly string[]): string {
  return all.slice(0, namesShown).join("; ");
}

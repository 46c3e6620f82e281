import { openNetwork } from "../networks/index.ts";
import type { Assignment, ServiceRoute } from "../session/index.ts";
import { type Group, groupsOf } from "./groups.ts";
import type { NameTable } from "./types.ts";

type Given = Pick<Assignment, "host" | "services" | "placements">;
type Asker = Pick<Group, "networks" | "isInternal"> & { readonly namespaces: ReadonlySet<string> };

/**
 * Derives the cluster's names from an assignment, as those in the open network see them. Pure.
 * `web.shop.internal` and its aliases are the service's virtual address, or the addresses of the instances that take
 * traffic where it is discovered so; `web-0.web.shop.internal` is one instance. A service's name goes before an alias.
 */
export function nameTable(given: Given): NameTable {
  const asker = { networks: [openNetwork], isInternal: false, namespaces: new Set<string>() };
  return { address: given.host.gateway, ...answersTo(asker, given) };
}

/** What those see that are in other networks: a table for each group of this host. Pure. */
export function nameViews(given: Given): NameTable[] {
  return groupsOf(given).map(({ nameServer, instances, ...group }) => {
    const namespaces = new Set(instances.map(({ namespace }) => namespace));
    return { address: nameServer, ...answersTo({ ...group, namespaces }, given) };
  });
}

/** The names of services that share a network with who asks; an alias counts in its network alone. */
function answersTo(asker: Asker, { host, services, placements }: Given): Omit<NameTable, "address"> {
  const domain = host.domain.toLowerCase();
  const domainOf = (namespace: string) => `${namespace}.${domain}`.toLowerCase();
  const seen = services.flatMap((service) => {
    const shared = networksOf(service).filter(({ network }) => asker.networks.includes(network));
    return shared.length === 0 ? [] : [{ service, shared }];
  });
  const taken = new Set(
    seen.map(({ service: { namespace, name } }) => `${name}.${domainOf(namespace)}`.toLowerCase()),
  );
  const short = new Set<string>();
  const records = seen.flatMap(({ service, shared }) => {
    const { namespace } = service;
    const name = service.name.toLowerCase();
    const own = domainOf(namespace);
    const aliases = [...service.aliases, ...shared.flatMap((attachment) => attachment.aliases)];
    const [whole, labels] = [aliases.filter(hasDots), aliases.filter((alias) => !hasDots(alias))];
    const names = [name, ...labels.filter((alias) => !taken.has(`${alias}.${own}`))];
    // In a network of several namespaces, each finds the others' by the same short names: the domain is searched last.
    const isAcross = shared.some(isNamed) && [...asker.namespaces].some((other) => other !== namespace);
    const across = isAcross ? [name, ...labels].map((label) => `${label}.${domain}`) : [];
    for (const one of across) short.add(one);
    return [...names.map((label) => `${label}.${own}`), ...across, ...whole].flatMap((full) =>
      addressesOf(service).map((address) => ({ name: full, address })),
    );
  });
  const instances = seen
    .map(({ service }) => service)
    .sort((one, other) => (one.uid < other.uid ? -1 : 1))
    .flatMap((service) => instanceRecords(service, `${service.name}.${domainOf(service.namespace)}`));
  const namespaces = [...services, ...placements].map(({ namespace }) => domainOf(namespace));
  return {
    domains: [...new Set([...namespaces, ...short])].sort(),
    asksOthers: !asker.isInternal,
    records: [...instances, ...sortedRecords(records)],
  };
}

const networksOf = ({ networks = [{ network: openNetwork, aliases: [] }] }: ServiceRoute) => networks;

const isNamed = ({ network }: { readonly network: string }) => network !== openNetwork;

const hasDots = (alias: string) => alias.includes(".");

function addressesOf({ discovery, address, endpoints }: ServiceRoute): string[] {
  return discovery === "virtual" ? [address] : endpoints.map((endpoint) => endpoint.address);
}

type Records = NameTable["records"];

/** Routes never change, most of them are the same objects in the next assignment, and instances' names are nearly all there are. */
const knownInstances = new WeakMap<ServiceRoute, { readonly within: string; readonly records: Records }>();

function instanceRecords(service: ServiceRoute, within: string): Records {
  const known = knownInstances.get(service);
  if (known?.within === within) return known.records;
  const all = service.endpoints.map(({ name, address }) => ({
    name: `${name}.${within}`.toLowerCase(),
    address,
  }));
  const records = sortedRecords(all);
  knownInstances.set(service, { within, records });
  return records;
}

function sortedRecords(records: Records): Records {
  const unique = new Map(records.map((record) => [`${record.name} ${record.address}`, record]));
  return [...unique].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, record]) => record);
}

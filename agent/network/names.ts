import type { Assignment, ServiceRoute } from "../session/index.ts";
import type { NameTable } from "./types.ts";

/**
 * Derives the cluster's names from an assignment. Pure.
 * `web.shop.internal` and its aliases are the service's virtual address, or the addresses of the instances that take
 * traffic where it is discovered so; `web-0.web.shop.internal` is one instance. A service's name goes before an alias.
 */
export function nameTable({
  host,
  services,
  placements,
}: Pick<Assignment, "host" | "services" | "placements">): NameTable {
  const domain = host.domain.toLowerCase();
  const domainOf = (namespace: string) => `${namespace}.${domain}`.toLowerCase();
  const taken = new Set(
    services.map(({ namespace, name }) => `${name}.${domainOf(namespace)}`.toLowerCase()),
  );
  const records = services.flatMap((service) => {
    const names = [service.name, ...service.aliases.filter((alias) => !taken.has(inFull(alias, service)))];
    return [
      ...names.flatMap((name) =>
        addressesOf(service).map((address) => ({ name: inFull(name, service), address })),
      ),
      ...service.endpoints.map(({ name, address }) => ({
        name: inFull(`${name}.${service.name}`, service),
        address,
      })),
    ];
  });
  return {
    address: host.gateway,
    domains: [...new Set([...services, ...placements].map(({ namespace }) => domainOf(namespace)))].sort(),
    records: sortedRecords(records),
  };

  function inFull(name: string, { namespace }: ServiceRoute): string {
    return `${name}.${domainOf(namespace)}`.toLowerCase();
  }
}

function addressesOf({ discovery, address, endpoints }: ServiceRoute): string[] {
  return discovery === "virtual" ? [address] : endpoints.map((endpoint) => endpoint.address);
}

function sortedRecords(records: NameTable["records"]): NameTable["records"] {
  const unique = new Map(records.map((record) => [`${record.name} ${record.address}`, record]));
  return [...unique].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, record]) => record);
}

import {
  type Availability,
  defaultSystemReserve,
  type HostReport,
  quantityBytes,
  type Taint,
} from "../../contract/index.ts";
import { families, type Reader } from "../store/index.ts";

/** What a host's record says of it, defaults filled in. */
export interface Member {
  readonly name: string;
  readonly cidr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  /** What it keeps for itself. Cores and bytes. */
  readonly systemReserved: { readonly cpu: number; readonly memory: number };
  readonly availability: Availability;
  readonly role: "server" | "host";
  /** As far as hosts are watched where this is read: `ready` else. */
  readonly state: "ready" | "suspect" | "lost";
}

/** Every host that belongs to the cluster, by name. */
export function membersOf(store: Reader): ReadonlyMap<string, Member> {
  return new Map(
    store.list(families.host).map(({ record }) => {
      const { name, cidr, labels = {}, taints = [], reserved = {}, availability = "active" } = record;
      const { role, state = "ready" } = record;
      const memory = quantityBytes(reserved.memory ?? "") ?? defaultSystemReserve.memory;
      const systemReserved = { cpu: reserved.cpu ?? defaultSystemReserve.cpu, memory };
      return [name, { name, cidr, labels, taints, systemReserved, availability, role, state }];
    }),
  );
}

/** What a host is by itself, as constraints name it. */
export function attributesOf({ name, arch, kernel, cgroup, capacity }: HostReport): Record<string, string> {
  return {
    "host.name": name,
    ...(arch !== undefined && { "host.arch": arch }),
    "host.kernel": kernel,
    "host.cgroup": cgroup,
    "host.cpu": String(capacity.cpu),
    "host.memory": String(capacity.memory),
  };
}

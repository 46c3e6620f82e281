import { isSameStack, nearest, type Violation } from "../../contract/index.ts";
import { parseRange } from "../cluster/index.ts";
import type { Candidate } from "../documents/index.ts";
import { type Desired, families, keys, type Reader } from "../store/index.ts";
import { isDefault, networkIn, usesOf } from "./membership.ts";

/** What a service's networks cannot give it; in a dry run a missing one may be made by the same run first. */
export function attachmentProblems(store: Reader, candidate: Candidate): Violation[] {
  if (candidate.inputs.networks === undefined) return [];
  const holders = fixedAddresses(store, candidate);
  return usesOf(candidate).flatMap(({ key, address }, index): Violation[] => {
    const path = `networks[${index}]`;
    const network = networkIn(store, key);
    if (network === undefined && !isDefault(key))
      return candidate.dryRun ? [] : [{ path: `${path}.network`, reason: missing(store, key) }];
    if (address === undefined) return [];
    const reason = addressProblem(key, network, address, candidate.dryRun) ?? holders.get(address);
    return reason === undefined ? [] : [{ path: `${path}.address`, reason }];
  });
}

function missing(store: Reader, key: string): string {
  const [namespace = "", name = ""] = key.split("/");
  const others = store.list(families.desired, keys.desired(namespace, "Network", ""));
  const meant = nearest(
    name,
    others.map(({ record }) => record.name),
  );
  return `no Network ${name} in namespace ${namespace}${meant ? `; did you mean "${meant}"?` : "; create it first"}`;
}

function addressProblem(
  key: string,
  network: Desired | undefined,
  address: string,
  dryRun: boolean,
): string | undefined {
  if (network === undefined && dryRun) return undefined;
  const cidr = network?.inputs.cidr as string | undefined;
  if (cidr === undefined) return `Network ${key} has no cidr to take it from; give it one, or leave this out`;
  const { first, size } = parseRange(cidr);
  const offset = parseRange(address).first - first;
  if (offset < 0 || offset >= size)
    return `${address} is outside of Network ${key}, ${cidr}; choose one in it`;
  if (offset === 0 || offset === size - 1)
    return `${address} is the ${offset === 0 ? "first" : "last"} of ${cidr}, which stands for the network; choose another`;
  return undefined;
}

/** Why others' addresses cannot be had. In a dry run one of the same stack may be let go of by the same run. */
function fixedAddresses(store: Reader, { uid, owner, dryRun }: Candidate): ReadonlyMap<string, string> {
  const others = store
    .list(families.desired)
    .map(({ record }) => record)
    .filter((one) => one.kind === "Service" && one.uid !== uid && !(dryRun && isSameStack(owner, one.owner)));
  return new Map(
    others.flatMap((service) =>
      usesOf(service).flatMap(({ address }) =>
        address === undefined
          ? []
          : [[address, `service ${service.namespace}/${service.name} has ${address}; choose another`]],
      ),
    ),
  );
}

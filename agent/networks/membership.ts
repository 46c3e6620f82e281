import { type Desired, families, keys, type Reader } from "../store/index.ts";

/** The network without a document: it reaches all of the cluster that is in no isolated one. */
export const openNetwork = "open";

/** A service's part in one network. */
export interface Attachment {
  /** `namespace/name`, or `openNetwork`. */
  readonly network: string;
  /** More names of the service for those in this network. */
  readonly aliases: readonly string[];
  readonly address?: string;
}

/** The networks of a service's instances; that of those in the open network alone is undefined. */
export interface Membership {
  /** Sorted. */
  readonly networks: readonly string[];
  /** None of them has a way out of the cluster. */
  readonly isInternal: boolean;
}

interface NetworkUse {
  readonly network: string;
  readonly aliases?: readonly string[];
  readonly address?: string;
}

type Given = Pick<Desired, "namespace" | "inputs">;

/** What a service writes in `networks`, or the namespace's default. */
export function usesOf({ namespace, inputs }: Given): (NetworkUse & { readonly key: string })[] {
  const uses = (inputs.networks as readonly NetworkUse[] | undefined) ?? [{ network: defaultName }];
  return uses.map((use) => ({
    ...use,
    key: use.network.includes("/") ? use.network : `${namespace}/${use.network}`,
  }));
}

/** The Network of a key; undefined where there is none. */
export function networkIn(store: Reader, key: string): Desired | undefined {
  const [namespace = "", name = ""] = key.split("/");
  return store.get(families.desired, keys.desired(namespace, "Network", name))?.record;
}

const defaultName = "default";

/** Every namespace has it. */
export const isDefault = (key: string) => key.endsWith(`/${defaultName}`);

/** The networks a service takes part in, in the order it names them; the open one is told once. */
export function attachmentsOf(store: Reader, service: Given): Attachment[] {
  const byNetwork = new Map<string, Attachment>();
  const attach = (network: string, aliases: readonly string[], address?: string) => {
    const known = byNetwork.get(network)?.aliases ?? [];
    const all = [...new Set([...known, ...aliases])];
    byNetwork.set(network, { network, aliases: all, ...(address !== undefined && { address }) });
  };
  for (const { key, aliases = [], address } of usesOf(service)) {
    if (isOpenDefault(store, key)) attach(openNetwork, aliases);
    else {
      attach(key, aliases, address);
      if (networkIn(store, key)?.inputs.isolated === false) attach(openNetwork, []);
    }
  }
  return [...byNetwork.values()];
}

/** Of a network that is gone nobody knows whether it had a way out. */
export function membershipOf(store: Reader, service: Given): Membership | undefined {
  const networks = attachmentsOf(store, service).map(({ network }) => network);
  if (networks.every((network) => network === openNetwork)) return undefined;
  const isInternal = usesOf(service).every(
    ({ key }) => !isOpenDefault(store, key) && networkIn(store, key)?.inputs.internal !== false,
  );
  return { networks: networks.sort(), isInternal };
}

/** A namespace's default as long as no document says otherwise; one that cannot be read may. */
function isOpenDefault(store: Reader, key: string): boolean {
  if (!isDefault(key) || networkIn(store, key) !== undefined) return false;
  const [namespace = "", name = ""] = key.split("/");
  const document = keys.desired(namespace, "Network", name);
  return !store.unreadable().some((left) => left.key === document);
}

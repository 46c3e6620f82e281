import { ConstellationError } from "../../contract/index.ts";
import { digestsOnly, openStored, type Sealer } from "../secrets/index.ts";
import { minHealthyTimeMs, type Reference, referencesOf } from "../services/index.ts";
import { type Desired, families, keys, type Placed, type Spec, type Store } from "../store/index.ts";
import type { FileContent, InstanceSpec, SecretContent } from "./types.ts";

type Inputs = Desired["inputs"];

interface OpenedSpec {
  readonly spec: InstanceSpec;
  readonly references: readonly Reference[];
}

/** What instances run, with secrets opened: once for all hosts, and not again while the records are the same. */
export interface Contents {
  /** By `specKey`, and what they name. */
  of(placed: readonly Placed[]): {
    readonly specs: Readonly<Record<string, InstanceSpec>>;
    /** The secrets and config files the specs name, and no others: the host must not see more than it runs. */
    readonly secrets: Readonly<Record<string, SecretContent>>;
    readonly configs: Readonly<Record<string, FileContent>>;
  };
  /** Lets go of what nobody has asked for since the last call. */
  turn(): void;
}

export const specKey = (uid: string, revision: number) => `${uid}/${revision}`;

export function createContents(store: Store, sealer: Sealer): Contents {
  const specs = createKept<OpenedSpec>();
  const documents = createKept<object>();

  function specOf({ serviceUid, revision }: Placed): OpenedSpec | undefined {
    const stored = store.get(families.spec, keys.spec(serviceUid, revision))?.record;
    if (!stored) return undefined;
    const { namespace, service } = stored;
    const wanted = store.get(families.desired, keys.desired(namespace, "Service", service))?.record;
    return specs.get(specKey(serviceUid, revision), [stored, wanted], () => {
      const spec = opened(stored, wanted?.uid === serviceUid ? wanted : undefined, sealer);
      return { spec, references: referencesOf(spec.inputs) };
    });
  }

  return {
    of(placed) {
      const found = {
        Secret: {} as Record<string, SecretContent>,
        ConfigFile: {} as Record<string, FileContent>,
      };
      const named: Record<string, InstanceSpec> = {};
      for (const one of placed) {
        const key = specKey(one.serviceUid, one.revision);
        const known = named[key] ? undefined : specOf(one);
        if (!known) continue;
        named[key] = known.spec;
        for (const { kind, name } of known.references) {
          const title = `${known.spec.namespace}/${name}`;
          const document = keys.desired(known.spec.namespace, kind, name);
          const stored = store.get(families.desired, document)?.record;
          if (!stored || title in found[kind]) continue;
          const content = documents.get(document, [stored], () => contentOf(stored.inputs, sealer));
          Object.assign(found[kind], { [title]: content });
        }
      }
      return { specs: named, secrets: found.Secret, configs: found.ConfigFile };
    },
    turn() {
      specs.turn();
      documents.turn();
    },
  };
}

/** Values by key, good as long as what they were made from is the same objects. */
function createKept<V>() {
  type Kept = { readonly from: readonly unknown[]; readonly value: V };
  let older = new Map<string, Kept>();
  let newer = new Map<string, Kept>();
  return {
    get(key: string, from: readonly unknown[], make: () => V): V {
      const known = newer.get(key) ?? older.get(key);
      const isGood = known?.from.every((one, at) => one === from[at]);
      const kept = known && isGood ? known : { from, value: make() };
      newer.set(key, kept);
      return kept.value;
    },
    turn() {
      older = newer;
      newer = new Map();
    },
  };
}

/** `wanted`: its service as it is now, where that is still the same one. */
function opened(stored: Spec, wanted: Desired | undefined, sealer: Sealer): InstanceSpec {
  const { namespace, service, inputs, imageDigest } = stored;
  // A change of the update policy alone makes no new revision: instances are judged by the newest.
  const healthyMs = wanted ? minHealthyTimeMs(wanted) : stored.minHealthyTimeMs;
  // Nor does another way to the same image.
  const isSameImage = wanted?.outputs.imageDigest === imageDigest;
  return {
    ...{ namespace, service, imageDigest, minHealthyTimeMs: healthyMs },
    ...readable(
      {
        ...inputs,
        ...(wanted && isSameImage && wayToImage(wanted.inputs)),
        // As it is wanted now: a change of it replaces nothing.
        ...(wanted && { disconnect: wanted.inputs.disconnect }),
      },
      sealer,
    ),
  };
}

function wayToImage({ image, pullPolicy, imageCredentials }: Inputs): Inputs {
  return { image, pullPolicy, imageCredentials };
}

/** One secret that cannot be opened keeps back the instances that need it, and nothing else of the host. */
function readable(inputs: Inputs, sealer: Sealer): Pick<InstanceSpec, "inputs" | "unreadable"> {
  try {
    return { inputs: openStored(inputs, sealer) };
  } catch (error) {
    return { inputs: digestsOnly(inputs), unreadable: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof ConstellationError) return error.message;
  throw error;
}

function contentOf(stored: Inputs, sealer: Sealer): object {
  const { inputs, unreadable } = readable(stored, sealer);
  const { onChange: _, ...content } = inputs;
  return unreadable === undefined ? content : { unreadable };
}

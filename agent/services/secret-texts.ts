import { type Sealer, storedSecrets } from "../secrets/index.ts";
import { families, keys, type Store } from "../store/index.ts";
import { referencesOf } from "./references.ts";
import { placementsOf } from "./stored.ts";

/** The values of all secrets that an instance has: in its own inputs and in the documents these name. */
export function secretTextsOf(store: Store, sealer: Sealer, instanceId: string): string[] {
  const placed = placementsOf(store).find((placement) => placement.placed.id === instanceId)?.placed;
  const spec = placed && store.get(families.spec, keys.spec(placed.serviceUid, placed.revision))?.record;
  if (!spec) return [];
  const named = referencesOf(spec.inputs).map(
    ({ kind, name }) => store.get(families.desired, keys.desired(spec.namespace, kind, name))?.record.inputs,
  );
  return storedSecrets([spec.inputs, ...named], sealer);
}

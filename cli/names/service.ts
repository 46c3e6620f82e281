import { ConstellationError, nearest } from "../../contract/index.ts";

interface Scope {
  readonly namespace?: string;
  readonly service?: string;
}

interface Named {
  readonly namespace: string;
  readonly name: string;
}

/** What to say of a listing's `--service` that is none of `services`; undefined where it is one. */
export function missingService(scope: Scope, services: readonly Named[]): ConstellationError | undefined {
  const { namespace, service } = scope;
  if (service === undefined) return undefined;
  const inScope = services.filter((each) => namespace === undefined || each.namespace === namespace);
  if (inScope.some(({ name }) => name === service)) return undefined;
  const where = namespace === undefined ? "" : ` in namespace ${namespace}`;
  return new ConstellationError(
    "not-found",
    `${service}: there is no such service${where}; ${advice(service, inScope, services)}`,
  );
}

function advice(service: string, inScope: readonly Named[], services: readonly Named[]): string {
  const elsewhere = services.find(({ name }) => name === service);
  if (elsewhere) return `there is ${elsewhere.namespace}/${elsewhere.name}`;
  const near = nearest(
    service,
    inScope.map(({ name }) => name),
  );
  return near ? `did you mean ${near}?` : "constellation services lists what there is";
}

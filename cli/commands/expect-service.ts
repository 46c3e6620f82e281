import type { Client } from "../../contract/index.ts";
import { missingService, type scopeOf } from "../names/index.ts";

/** Throws `not-found` where a listing is limited to a service that is none: nothing is wanted of it, and nothing runs. */
export async function expectService(agent: Client, scope: ReturnType<typeof scopeOf>): Promise<void> {
  if (scope.service === undefined) return;
  const [services, instances] = await Promise.all([agent.listDocuments("services"), agent.listInstances()]);
  const left = instances.map(({ namespace, service }) => ({ namespace, name: service }));
  const missing = missingService(scope, [...services, ...left]);
  if (missing) throw missing;
}

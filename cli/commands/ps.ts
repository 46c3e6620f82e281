import type { Instance } from "../../contract/index.ts";
import { instanceTable } from "../describe/index.ts";
import { scopeOf } from "../names/index.ts";
import type { Action } from "../session/index.ts";
import { expectService } from "./expect-service.ts";

/** `--json`: the API's answer, `{ "items": [Instance] }`. */
export const ps: Action = async ({ session, options }) => {
  const { namespace, output } = session;
  const agent = await session.agent();
  const scope = scopeOf(namespace, options.service);
  const items = await agent.listInstances(scope);
  if (items.length === 0) await expectService(agent, scope);
  if (session.isJson) await output.json({ items });
  else if (items.length === 0) output.note(nothing(namespace, options.service));
  else await output.lines(instanceTable(items.sort(byPlace), session));
  return 0;
};

function byPlace(a: Instance, b: Instance): number {
  return compare(a.namespace, b.namespace) || compare(a.service, b.service) || a.index - b.index;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function nothing(namespace: string | undefined, service: string | undefined): string {
  const where = namespace === undefined ? "" : ` in namespace ${namespace}`;
  return `no instances${service === undefined ? "" : ` of ${service}`}${where}`;
}

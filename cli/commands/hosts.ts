import { hostTable } from "../describe/index.ts";
import type { Action } from "../session/index.ts";

/** `--json`: the API's answer, `{ "items": [Host] }`. */
export const hosts: Action = async ({ session }) => {
  const { output } = session;
  const items = await (await session.agent()).listHosts();
  if (session.isJson) await output.json({ items });
  else if (items.length === 0) output.note("no hosts; create a Cluster");
  else await output.lines(hostTable(items, session));
  return 0;
};

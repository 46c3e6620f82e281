import { serviceTable } from "../describe/index.ts";
import type { Action } from "../session/index.ts";

/** `--json`: the API's answer with all its pages, `{ "items": [Document] }`. */
export const services: Action = async ({ session }) => {
  const { namespace, output } = session;
  const agent = await session.agent();
  const items = await agent.listDocuments("services", namespace === undefined ? {} : { namespace });
  if (session.isJson) await output.json({ items });
  else if (items.length === 0)
    output.note(namespace === undefined ? "no services" : `no services in namespace ${namespace}`);
  else await output.lines(serviceTable(items, session));
  return 0;
};

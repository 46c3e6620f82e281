import { serverTable } from "../describe/index.ts";
import type { Action } from "../session/index.ts";

/** `--json`: the API's answer, `{ "items": [Server] }`. */
export const servers: Action = async ({ session }) => {
  const { output } = session;
  const items = await (await session.agent()).listServers();
  if (session.isJson) await output.json({ items });
  else await output.lines(serverTable(items, session));
  return 0;
};

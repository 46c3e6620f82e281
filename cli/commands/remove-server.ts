import type { Action } from "../session/index.ts";

/** It keeps the state no longer, and is no host any more. `--json`: `{ "removed": "host1" }`. */
export const removeServer: Action = async ({ session, args: [name = ""] }) => {
  await (await session.agent()).deleteServer(name);
  if (session.isJson) await session.output.json({ removed: name });
  else await session.output.lines([`${name} is no server any more`]);
  return 0;
};

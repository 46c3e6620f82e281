import type { Client } from "../../contract/index.ts";
import { eventLine } from "../describe/index.ts";
import { scopeOf } from "../names/index.ts";
import type { Action } from "../session/index.ts";
import { expectService } from "./expect-service.ts";

const defaultTail = 50;

/** `--json`: a line an event, `{ "id": "...", ...Event }`. */
export const events: Action = async ({ session, options }) => {
  const { output, isJson } = session;
  const stop = session.interrupted();
  const agent = await session.agent();
  const scope = scopeOf(session.namespace, options.service);
  if (scope.service !== undefined && !(await hasPast(agent, scope, stop))) await expectService(agent, scope);
  const stream = agent.events(
    {
      ...scope,
      tail: options.tail ?? defaultTail,
      follow: options.follow === true,
    },
    stop,
  );
  for await (const { id, event } of stream) {
    if (isJson) await output.jsonLine({ id, ...event });
    else await output.lines([eventLine(event, output.palette)]);
  }
  return stop.aborted ? 130 : 0;
};

/** What happened to a service that is gone can still be read. */
async function hasPast(
  agent: Client,
  scope: ReturnType<typeof scopeOf>,
  signal: AbortSignal,
): Promise<boolean> {
  for await (const _ of agent.events({ ...scope, tail: 1, follow: false }, signal)) return true;
  return false;
}

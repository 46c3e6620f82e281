import { eventLine } from "../describe/index.ts";
import { scopeOf } from "../names/index.ts";
import type { Action } from "../session/index.ts";

const defaultTail = 50;

/** `--json`: a line an event, `{ "id": "...", ...Event }`. */
export const events: Action = async ({ session, options }) => {
  const { output, isJson } = session;
  const stop = session.interrupted();
  const agent = await session.agent();
  const stream = agent.events(
    {
      ...scopeOf(session.namespace, options.service),
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

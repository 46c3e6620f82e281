import type { Action } from "../session/index.ts";
import { version as own } from "../version.ts";

/** A login elsewhere takes longer than an answer here. */
const loginMs = 30_000;

/** `--json`: `{ "command": "0.1.0", "agent": Info | null }`. */
export const version: Action = async ({ session }) => {
  const { connect } = await import("../../contract/index.ts");
  const { destination } = await session.place();
  const timeoutMs = destination === undefined ? 1_000 : loginMs;
  const agent = connect(await session.address(), { connectTimeoutMs: 0, timeoutMs });
  const info = await agent.info().catch((error: Error) => error);
  if (session.isJson) {
    await session.output.json({ command: own, agent: info instanceof Error ? null : info });
    return 0;
  }
  await session.output.lines([
    `command  ${own}`,
    info instanceof Error ? `agent    none (${info.message})` : `agent    ${info.version} on ${info.host}`,
  ]);
  return 0;
};

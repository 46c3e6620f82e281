import type { Action } from "../session/index.ts";
import { version as own } from "../version.ts";

/** `--json`: `{ "command": "0.1.0", "agent": Info | null }`. */
export const version: Action = async ({ session }) => {
  const { connect } = await import("../../contract/index.ts");
  const agent = connect({ socket: await session.socket() }, { connectTimeoutMs: 0, timeoutMs: 1_000 });
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

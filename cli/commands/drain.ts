import type { Action } from "../session/index.ts";

const defaultTimeoutMs = 300_000;

/** `--json`: the host once nothing is left on it, a `Member`. */
export const drain: Action = async ({ session, args: [name = ""], options }) => {
  const { output } = session;
  // Only here: completion and help need none of it.
  const { drainHost } = await import("../../contract/index.ts");
  const agent = await session.agent();
  await drainHost(agent, name, {
    timeoutMs: options.timeout ?? defaultTimeoutMs,
    signal: session.interrupted(),
    onProgress: (message) => session.isJson || output.note(message),
  });
  if (session.isJson) await output.json(await agent.getHost(name));
  else await output.lines([`${name} is drained; constellation uncordon ${name} lets instances come back`]);
  return 0;
};

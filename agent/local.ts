import { down, preflight, sayFindings, status, traces, up } from "./install/index.ts";
import { findOwnProgram } from "./own-programs.ts";
import { version } from "./version.ts";

const withRoot = (root: string | undefined) => (root === undefined ? {} : { root });

/** Starts the guard, which starts this same program as the agent. */
export async function bringUp({ root, json }: { root: string | undefined; json: boolean }): Promise<unknown> {
  if (json) process.stdout.write(`${JSON.stringify({ progress: "starting the agent" })}\n`);
  const self = [process.execPath, ...process.execArgv, process.argv[1] ?? ""];
  const agent = [...self, "run", ...(root === undefined ? [] : ["--root", root])];
  return await up({ ...withRoot(root), guard: findOwnProgram("constellation-guard"), agent, version });
}

export const takeDown = (root: string | undefined) => down(withRoot(root));
export const tellStatus = (root: string | undefined) => status(withRoot(root));
export const listTraces = (root: string | undefined) => traces(withRoot(root));

/** Programs get the findings; people get lines, and exit code 1 where an agent is refused. */
export async function checkMachine({
  root,
  json,
}: {
  root: string | undefined;
  json: boolean;
}): Promise<unknown> {
  const findings = await preflight(withRoot(root));
  if (json) return findings;
  if (findings.some(({ severity }) => severity === "refusal")) process.exitCode = 1;
  process.stdout.write(sayFindings(findings));
  return undefined;
}

import { agentPaths } from "../../contract/index.ts";
import { nameNewHost } from "../host-name.ts";
import { inspect } from "../inspect/index.ts";
import {
  type DownResult,
  down,
  preflight,
  runProgram,
  sayFindings,
  sayStatus,
  status,
  traces,
  up,
} from "../install/index.ts";
import { findProgram } from "../lib/find-program.ts";
import { findOwnProgram } from "../own-programs.ts";
import { version } from "../version.ts";

const withRoot = (root: string | undefined) => (root === undefined ? {} : { root });

interface BringUp {
  readonly root: string | undefined;
  /** Of a new host; absent: the machine's own. */
  readonly name?: string | undefined;
  readonly json: boolean;
}

/** Starts the guard, which starts this same program as the agent. */
export async function bringUp({ root, name, json }: BringUp): Promise<unknown> {
  if (json) process.stdout.write(`${JSON.stringify({ progress: "starting the agent" })}\n`);
  const self = [process.execPath, ...process.execArgv, process.argv[1] ?? ""];
  const agent = [...self, "run", ...(root === undefined ? [] : ["--root", root])];
  return await up({
    ...withRoot(root),
    guard: findOwnProgram("constellation-guard"),
    agent,
    version,
    prepare: ({ stateDir }) => {
      if (name !== undefined) nameNewHost(stateDir, name);
    },
  });
}

interface TakeDown {
  readonly root: string | undefined;
  readonly force: boolean;
}

/**
 * A server hands on to the others first, and stays where they cannot do without it, unless it is forced. A host leaves its
 * cluster once nothing of it runs: what runs once at most may begin elsewhere from then on.
 */
export async function takeDown({ root, force }: TakeDown): Promise<unknown> {
  const { leaveServers, prepareLeaving } = await import("./leaving.ts");
  const stillCounted = await leaveServers(root, force);
  const leave = prepareLeaving(root);
  const { kept, ...result } = await down(withRoot(root));
  const trouble = stillCounted ?? (await leave());
  const membership = trouble === undefined ? [] : [{ kind: "membership", item: "host", reason: trouble }];
  return { ...result, kept: [...kept, ...membership, ...kitOf(process.execPath)] };
}

/** The programs that a provider brought stay: this one is among them, and joins or restores with the next command. */
function kitOf(program: string): DownResult["kept"] {
  const { 1: folder } = /^(\/opt\/constellation)\/kit\//.exec(program) ?? [];
  if (folder === undefined) return [];
  const reason = `this program is one of it; \`rm -rf ${folder}\` removes it`;
  return [{ kind: "kit", item: folder, reason }];
}

export const listTraces = (root: string | undefined) => traces(withRoot(root));

/** Programs get the whole of it; people get lines. */
export async function tellStatus({
  root,
  json,
}: {
  root: string | undefined;
  json: boolean;
}): Promise<unknown> {
  const found = await status(withRoot(root));
  if (json) return found;
  process.stdout.write(sayStatus(found));
  return undefined;
}

/** Files of a report, each with its text or why there is none. */
export async function look(root: string | undefined): Promise<unknown> {
  const { agent } = await status(withRoot(root));
  const run = (program: string, args: readonly string[]) =>
    runProgram(findProgram([program], process.env), args);
  return await inspect({ paths: agentPaths(root), agentPid: agent, run }, [
    { file: "machine/status.json", look: () => status(withRoot(root)) },
    { file: "machine/preflight.json", look: () => preflight(withRoot(root)) },
    { file: "machine/traces.json", look: () => traces(withRoot(root)) },
  ]);
}

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

import { existsSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "../agent/lib/find-program.ts";
import { type Machine, startMachine } from "../test/lab/index.ts";

const programs = join(import.meta.dirname, "../dist/bin");
/** Our programs, as a user runs them. */
export const agentProgram = join(programs, "constellation-agent");
export const guardProgram = join(programs, "constellation-guard");

/** Throws where this process may make no machines. */
export function requireRoot(bench: string): void {
  if (process.getuid?.() !== 0) throw new Error(`bench ${bench}: not root; run it as root`);
}

/** A throw-away machine that a benchmark runs in. Rejects with what to do where this one cannot make one. */
export async function startBenchMachine(bench: string): Promise<Machine> {
  requireRoot(bench);
  for (const program of [agentProgram, guardProgram]) {
    if (!existsSync(program)) throw new Error(`bench ${bench}: ${program} is missing; run \`npm run build\``);
  }
  return await startMachine({ name: "bench" });
}

/** Brings an agent up in the machine; its root folder. Short, since unix sockets lie below it. */
export async function bringAgentUp(machine: Machine): Promise<string> {
  const root = join(machine.root, "c");
  await machine.output([agentProgram, "up", "--root", root]);
  return root;
}

export function isInstalled(program: string): boolean {
  try {
    findProgram([program], process.env);
    return true;
  } catch {
    return false; // the report says which are missing
  }
}

import { type AgentLine, ConstellationError, parseAgentLine } from "../../contract/index.ts";
import { shellLine } from "../ssh/index.ts";
import { limits } from "./limits.ts";
import type { Bootstrap } from "./types.ts";

/**
 * Runs a command of the agent's program there; what it answers. Throws what it failed with.
 * @param input for its standard input: secrets are on no command line
 */
export async function runAgent(
  { machine, root, signal, progress }: Pick<Bootstrap, "machine" | "root" | "signal" | "progress">,
  program: string,
  words: readonly string[],
  input = "",
): Promise<Readonly<Record<string, unknown>>> {
  const ssh = await machine.login(signal);
  const line = shellLine([program, ...words, "--json", ...(root === undefined ? [] : ["--root", root])]);
  let last: AgentLine | undefined;
  let rest = "";
  const onStdout = (chunk: Buffer) => {
    const lines = (rest + chunk.toString("utf8")).split("\n");
    rest = lines.pop() ?? "";
    for (const text of lines) {
      last = parseAgentLine(text) ?? last;
      if (last && "progress" in last) progress(last.progress);
    }
  };
  const name = `constellation-agent ${words[0]}`;
  const outcome = await ssh.runAsRoot(line, { timeoutMs: limits.agentMs, signal, onStdout, name, input });
  if (last && "result" in last) return last.result;
  if (last && "error" in last)
    throw new ConstellationError(last.error.code, `${machine.name}: ${last.error.message}`);
  const said = outcome.stderr.trim().slice(-2_000) || `exit code ${outcome.code}`;
  throw new ConstellationError("host-unfit", `run ${name} on ${machine.name}: ${said}`);
}

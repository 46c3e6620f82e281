import { agentPaths, ConstellationError } from "../../contract/index.ts";
import type { Ssh } from "../ssh/index.ts";
import { judge } from "./judge.ts";
import { limits } from "./limits.ts";
import { parseFacts } from "./parse.ts";
import { preflightScript } from "./preflight-script.ts";
import type { Bootstrap, Facts, Finding } from "./types.ts";

export interface Examined {
  readonly facts: Facts;
  readonly findings: readonly Finding[];
}

/** Looks at the machine; changes nothing there. Throws where it cannot be looked at. */
export async function examine({
  machine,
  root,
  role,
  mode,
  signal,
}: Pick<Bootstrap, "machine" | "root" | "role" | "mode" | "signal">): Promise<Examined> {
  const ssh = await machine.login(signal);
  const { stateDir, runDir } = agentPaths(root);
  const script = preflightScript(stateDir, "/opt/constellation", runDir);
  const before = Date.now();
  const { text, rootRefusal } = await lookAsRoot(ssh, script, signal);
  const nowMs = (before + Date.now()) / 2;
  const facts = parseFacts(text, { stateDir, rootRefusal, nowMs });
  if (facts === undefined) {
    throw new ConstellationError(
      "host-unfit",
      `look at ${machine.name}: its shell does not run a script; is it a POSIX shell on Linux?`,
    );
  }
  return { facts, findings: judge(facts, { role, mode }) };
}

/** Where root's rights cannot be had, that is one finding among others. */
async function lookAsRoot(ssh: Ssh, script: string, signal: AbortSignal) {
  const options = { timeoutMs: limits.examineMs, input: script, signal, name: "preflight" };
  try {
    return { text: (await ssh.runAsRoot("sh -s", options)).stdout, rootRefusal: undefined };
  } catch (error) {
    const { code, message } = error as ConstellationError;
    if (code !== "login-denied" && code !== "host-unfit") throw error;
    return { text: (await ssh.run("sh -s", options)).stdout, rootRefusal: message };
  }
}

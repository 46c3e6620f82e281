import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { type AgentLine, ConstellationError, parseAgentLine } from "../../contract/index.ts";

export type AgentCommand = "up" | "down" | "preflight" | "status";

/** Runs the agent's own program on this machine: the provider starts and removes an agent, it never is one. */
export interface AgentProgram {
  run(
    command: AgentCommand,
    root: string | undefined,
    progress?: (message: string) => void,
  ): Promise<Readonly<Record<string, unknown>>>;
}

/** Longest time any of the commands may take, milliseconds. */
const timeoutMs = 120_000;

export function agentProgram(executable: string): AgentProgram {
  return {
    async run(command, root, progress = () => {}) {
      const argv = [command, "--json", ...(root === undefined ? [] : ["--root", root])];
      const child = spawn(executable, argv, { stdio: ["ignore", "pipe", "pipe"], timeout: timeoutMs });
      let last: AgentLine | undefined;
      let complaint = "";
      child.stderr.on("data", (chunk: Buffer) => {
        complaint = (complaint + chunk.toString()).slice(-2_000);
      });
      const exited = new Promise<string>((resolve) => {
        child.on("error", (error) => resolve(error.message));
        child.on("close", (code, signal) => resolve(signal ?? `exit code ${code}`));
      });
      for await (const line of createInterface({ input: child.stdout })) {
        last = parseAgentLine(line) ?? last;
        if (last && "progress" in last) progress(last.progress);
      }
      const end = await exited;
      if (last && "result" in last) return last.result;
      if (last && "error" in last) throw new ConstellationError(last.error.code, last.error.message);
      const reason = complaint.trim() === "" ? end : `${end}: ${complaint.trim()}`;
      throw new ConstellationError(
        "host-unfit",
        `run constellation-agent ${command}: ${reason}; is this machine a Linux host with root rights?`,
      );
    },
  };
}

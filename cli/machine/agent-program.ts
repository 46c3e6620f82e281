import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { ConstellationError, type ErrorCode } from "../../contract/index.ts";
import type { Session } from "../session/index.ts";

const name = "constellation-agent";
/** An answer is that long at most, in bytes. */
const longestAnswer = 256 * 1024 ** 2;

/**
 * Runs a command of the agent's program and resolves with its result. Questions it asks go to the terminal.
 * Throws what it failed with, `host-unfit` where the program is not here or says nothing of use.
 */
export async function agentProgram<T>(
  session: Pick<Session, "env" | "place">,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<T> {
  const { destination, root } = await session.place();
  if (destination !== undefined)
    throw new ConstellationError(
      "invalid",
      `${args[0]} by ssh: it works on the agent's own machine; log in to ${destination} and run constellation-agent ${args[0]} there`,
    );
  const where = root === undefined ? [] : ["--root", root];
  const child = spawn(findAgentProgram(session.env), [...args, ...where, "--json"], {
    stdio: ["inherit", "pipe", "inherit"],
    ...(signal && { signal }),
  });
  const failed = new Promise<never>((_, reject) => child.once("error", reject));
  const chunks: Buffer[] = [];
  let size = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size <= longestAnswer) chunks.push(chunk);
  });
  await Promise.race([once(child, "close"), failed]);
  return resultOf<T>(args[0] ?? "", Buffer.concat(chunks).toString("utf8"));
}

/** As built, beside this program; else on the PATH. */
function findAgentProgram(env: NodeJS.ProcessEnv): string {
  const folders = [join(import.meta.dirname, "..", "bin"), ...(env.PATH ?? "").split(delimiter)];
  const found = folders.map((folder) => join(folder, name)).find(isExecutable);
  if (found !== undefined) return found;
  throw new ConstellationError(
    "host-unfit",
    `find program ${name}: neither beside this one nor on PATH; run this on the machine of the agent`,
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // Absent or not ours to run: look further.
  }
}

/** Its last line is the answer; those before are progress. */
function resultOf<T>(command: string, text: string): T {
  const line = text.trimEnd().split("\n").at(-1) ?? "";
  let answer: { result?: T; error?: { code: ErrorCode; message: string } };
  try {
    answer = JSON.parse(line);
  } catch (cause) {
    throw new ConstellationError("host-unfit", `${name} ${command}: it ended without an answer`, { cause });
  }
  if (answer.error) throw new ConstellationError(answer.error.code, answer.error.message);
  return answer.result as T;
}

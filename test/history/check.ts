import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pinnedTools } from "../../tools/lib/places.mjs";
import type { Operation, Verdict } from "./types.ts";

/** Asks Porcupine, by tools/go/porcupine. */
export async function checkHistory(history: readonly Operation[]): Promise<Verdict> {
  const checker = spawn(join(pinnedTools, "check-history"), { stdio: ["pipe", "pipe", "inherit"] });
  checker.stdin.on("error", () => {}); // its exit code says more
  checker.stdin.end(history.map((operation) => `${JSON.stringify(operation)}\n`).join(""));
  const [said, [code]] = await Promise.all([text(checker.stdout), once(checker, "close")]);
  if (code !== 0) throw new Error(`check a history: check-history ended with ${code}`);
  return JSON.parse(said) as Verdict;
}

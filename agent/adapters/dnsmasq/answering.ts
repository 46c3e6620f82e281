import { Resolver } from "node:dns/promises";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { AdapterError } from "../libc/index.ts";

const question = { timeoutMs: 100, pauseMs: 5 };
/** A single word is never asked of other servers, which may be out of reach. */
const plainName = "constellation";
/** What c-ares says when nobody answered; every other outcome is somebody's answer. */
const silence = ["ECONNREFUSED", "ETIMEOUT"];

/** Resolves once something answers DNS at that address; throws when the process ends before, or takes too long. */
export async function untilAnswering(
  address: string,
  ended: Promise<unknown>,
  limitMs: number,
  logFile: string,
): Promise<void> {
  let hasEnded = false;
  void ended.then(() => (hasEnded = true));
  const deadline = performance.now() + limitMs;
  while (performance.now() < deadline) {
    if (await answers(address)) return;
    if (hasEnded) throw new AdapterError("start name server", "EEXIT", lastLine(logFile));
    await delay(question.pauseMs);
  }
  throw new AdapterError("start name server", "ETIMEDOUT", `no answer after ${limitMs} ms; see ${logFile}`);
}

async function answers(address: string): Promise<boolean> {
  const resolver = new Resolver({ timeout: question.timeoutMs, tries: 1 });
  resolver.setServers([address]);
  try {
    await resolver.resolve4(plainName);
    return true;
  } catch (error) {
    return !silence.includes((error as NodeJS.ErrnoException).code ?? "");
  }
}

function lastLine(file: string): string {
  return readFileSync(file, "utf8").trimEnd().split("\n").at(-1) ?? "";
}

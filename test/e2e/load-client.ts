/**
 * An open-loop load: requests start by the clock, whatever became of those before, and each is accounted for once.
 * usage: node load-client.ts URL PER_SECOND new|kept|kept-again
 * `kept-again` does as RFC 9112 9.3.1 expects of clients: a request on a used connection that closes before any of its
 * answer came is asked again, on a new one.
 * Prints an empty line once its first request has ended, and a JSON object once its standard input has.
 */
import { Agent, get } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/** Times in milliseconds. A slow answer is no failure: only what is refused, cut, wrong or never comes is. */
const limits = { answerMs: 10_000, loadMs: 180_000, sockets: 16 };

const [url = "", perSecond = "", connections = ""] = process.argv.slice(2);
/** With a timeout Node heeds a server's `Keep-Alive: timeout`, and lets go of an idle connection before the server does. */
const kept = new Agent({ keepAlive: true, maxSockets: limits.sockets, timeout: limits.answerMs });
const agent = connections === "new" ? (false as const) : kept;
const failures: string[] = [];
const pending = new Set<Promise<void>>();
let answered = 0;
let slowestMs = 0;
let isOver = false;
process.stdin.resume().once("end", () => {
  isOver = true;
});

async function ask(number: number): Promise<void> {
  const started = performance.now();
  let outcome = await request(agent);
  if (connections === "kept-again" && outcome === "kept connection: ECONNRESET")
    outcome = await request(false);
  if (answered + failures.length === 0) process.stdout.write("\n");
  slowestMs = Math.max(slowestMs, performance.now() - started);
  if (outcome === "") answered += 1;
  else failures.push(`${new Date().toISOString()} request ${number}: ${outcome}`);
}

/** What was wrong with it; an empty text is nothing. */
async function request(agent: Agent | false): Promise<string> {
  return await new Promise<string>((resolve) => {
    const request = get(url, { agent, timeout: limits.answerMs }, (response) => {
      let length = 0;
      response.on("data", (chunk: Buffer) => {
        length += chunk.length;
      });
      response.on("end", () => resolve(wrong(response.statusCode, length)));
      response.on("error", (error: NodeJS.ErrnoException) =>
        resolve(`answer: ${error.code ?? error.message}`),
      );
    });
    request.on("timeout", () => request.destroy(new Error("no answer in time")));
    request.on("error", (error: NodeJS.ErrnoException) =>
      resolve(`${request.reusedSocket ? "kept" : "new"} connection: ${error.code ?? error.message}`),
    );
  });
}

function wrong(status: number | undefined, length: number): string {
  if (status !== 200) return `status ${status}`;
  return length === 0 ? "empty answer" : "";
}

const start = performance.now();
for (let number = 0; !isOver && !isTooLong(); number++) {
  const dueAt = start + (number * 1_000) / Number(perSecond);
  await delay(Math.max(0, dueAt - performance.now())); // also when it is late: answers need their turn
  const one = ask(number).finally(() => pending.delete(one));
  pending.add(one);
}
await Promise.all(pending);
kept.destroy();
process.stdout.write(JSON.stringify({ answered, failures, slowestMs: Math.round(slowestMs) }));

function isTooLong(): boolean {
  if (performance.now() - start <= limits.loadMs) return false;
  failures.push(`the load ended by itself after ${limits.loadMs / 1_000} s`);
  return true;
}

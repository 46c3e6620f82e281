/**
 * Asks a URL again and again, by the clock, whatever becomes of the requests before.
 * usage: node prober.ts URL
 * Prints a line of JSON, an `Answer`, each time another host answers than before. Ends when it is killed.
 */
import { get } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";

const everyMs = 20;
const patienceMs = 1_000;
const [url = ""] = process.argv.slice(2);
let last = "";

for (;;) {
  const request = get(url, { agent: false, timeout: patienceMs }, async (response) => {
    const host = await text(response).catch(() => "");
    if (response.statusCode !== 200 || host === "" || host === last) return;
    last = host;
    process.stdout.write(`${JSON.stringify({ at: String(process.hrtime.bigint()), host })}\n`);
  });
  request.on("timeout", () => request.destroy());
  request.on("error", () => {}); // the next one may be answered
  await delay(everyMs);
}

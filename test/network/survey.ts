/** Asks several servers at once: `survey.ts PROTOCOL:ADDRESS:PORT ...`; prints an answer each, as `client.ts` does. */
import { askOnce } from "./asking.ts";

const asked = process.argv.slice(2).map(async (text) => {
  const [protocol = "", host = "", port = ""] = text.split(":");
  return await askOnce(protocol, host, Number(port));
});
process.stdout.write(JSON.stringify(await Promise.all(asked)));

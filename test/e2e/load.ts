import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Machine } from "../lab/index.ts";

export interface Load {
  /** Ends it; what became of its requests. */
  stop(): Promise<{ readonly answered: number; readonly failures: readonly string[] }>;
}

/** One request after the other, each on a connection of its own, about fifty a second, for two minutes at most. */
const program = `
  import { existsSync } from "node:fs";
  import { get } from "node:http";
  const [url, stopFile] = process.argv.slice(1);
  const ask = () => new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 5000 }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode === 200 ? undefined : "status " + response.statusCode));
      response.on("error", (error) => resolve(error.code));
    });
    request.on("timeout", () => request.destroy(new Error("timeout")));
    request.on("error", (error) => resolve(error.code ?? error.message));
  });
  const failures = [];
  let answered = 0;
  for (const end = Date.now() + 120_000; Date.now() < end && !existsSync(stopFile); ) {
    const failure = await ask();
    if (failure === undefined) answered += 1;
    else failures.push(new Date().toISOString() + " " + failure);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  process.stdout.write(JSON.stringify({ answered, failures }));
`;

/** A light, steady load on a URL, from the machine itself. */
export async function startLoad(machine: Machine, url: string): Promise<Load> {
  const stopFile = join(machine.root, "stop-load");
  await rm(stopFile, { force: true });
  const argv = [process.execPath, "--input-type=module", "-e", program, "--", url, stopFile];
  const client = await machine.spawn(argv, { stdio: ["ignore", "pipe", "inherit"] });
  return {
    async stop() {
      await writeFile(stopFile, "");
      return JSON.parse(client.stdout === null ? "" : await text(client.stdout));
    },
  };
}

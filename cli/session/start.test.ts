import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "@jest/globals";
import { agentPaths } from "../../contract/index.ts";
import { startSession } from "./start.ts";

/** What a command says on standard error that asks twice; `warning`: a header of the answers. */
async function saidOf(warning: string | undefined, isUnattended: boolean): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), "session-"));
  const { socket } = agentPaths(root);
  mkdirSync(dirname(socket), { recursive: true });
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "application/json", ...(warning && { warning }) });
    response.end('{"items":[]}');
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const stderr = new PassThrough();
  try {
    const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr };
    const process = { env: {}, ...streams, cwd: () => "/" } as unknown as NodeJS.Process;
    const agent = await startSession(process, { root, isUnattended }).agent();
    for (let time = 0; time < 2; time++) expect(await agent.listInstances()).toEqual([]);
  } finally {
    stderr.end();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(root, { recursive: true });
  }
  return await text(stderr);
}

test.each([
  ["110 - stale", false, "the server that answers is cut off from the others: what it says may be old\n"],
  ["110 - stale", true, ""],
  [undefined, false, ""],
])("answers with the warning %s, unattended: %s: once it is said %p", async (warning, isUnattended, said) => {
  expect(await saidOf(warning, isUnattended)).toBe(said);
});

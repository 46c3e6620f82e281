import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { agentPaths } from "../../contract/index.ts";
import { peeringRecord } from "../servers/index.ts";
import { leaveServers } from "./leaving.ts";

let root = "";
let api: Server;
let code = "";
const servers = ["one", "two"].map((name) => ({ name, role: "voter", isLeader: false, isHealthy: true }));

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "leaving-"));
  const { stateDir, socket } = agentPaths(root);
  for (const folder of [stateDir, dirname(socket)]) mkdirSync(folder, { recursive: true });
  const own = { clusterId: "c1", clusterName: "far", name: "one", address: "10.0.0.1" };
  peeringRecord.write(stateDir, own);
  api = createServer(({ method }, response) => {
    response.setHeader("content-type", "application/json");
    if (method === "GET") return response.end(JSON.stringify({ items: servers }));
    response.statusCode = code === "unreachable" ? 503 : 409;
    response.end(JSON.stringify({ error: { code, message: "remove server one: no", violations: [] } }));
  });
  await new Promise<void>((resolve) => api.listen(socket, resolve));
});
afterEach(() => {
  jest.restoreAllMocks();
  api.close();
  api.closeAllConnections();
  rmSync(root, { recursive: true });
});

test.each(["taken", "busy"])(
  "a server stays where the others cannot do without it (%s), unless forced",
  async (is) => {
    code = is;
    let now = 0;
    // It waits for a while for what is busy.
    jest.spyOn(performance, "now").mockImplementation(() => (now += 20_000));
    await expect(leaveServers(root, false)).rejects.toMatchObject({
      code,
      message: "remove server one: no; --force takes it down all the same",
    });
    expect(await leaveServers(root, true)).toMatch(/^the others still count one .*remove server one: no/);
  },
);

test("one that reaches no other goes, and says that they still count it", async () => {
  code = "unreachable";
  expect(await leaveServers(root, false)).toMatch(/^the others still count one .*remove server one: no/);
});

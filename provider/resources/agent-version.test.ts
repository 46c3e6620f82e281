import { expect, test } from "@jest/globals";
import type { Client } from "../../contract/index.ts";
import { agentVersionOf, serversVersion } from "./agent-version.ts";

test("an agent is never taken back", () => {
  expect(agentVersionOf({ agentVersion: "0.3.0" }, "0.2.0")).toBe("0.3.0");
  expect(agentVersionOf({ agentVersion: "0.1.0" }, "0.2.0")).toBe("0.2.0");
  expect(agentVersionOf({}, "0.2.0")).toBe("0.2.0");
});

test("of servers that an upgrade reached in part, the oldest says what is left to do; hosts are no part of it", async () => {
  const hosts = [
    { name: "a", role: "server", agentVersion: "0.2.0" },
    { name: "b", role: "server", agentVersion: "0.1.0" },
    { name: "w", role: "host", agentVersion: "0.0.9" },
  ];
  const client = { info: async () => ({ version: "0.2.0" }), listHosts: async () => hosts };
  expect(await serversVersion(client as unknown as Client)).toBe("0.1.0");
});

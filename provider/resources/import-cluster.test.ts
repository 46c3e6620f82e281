import { expect, test } from "@jest/globals";
import { type Client, ConstellationError } from "../../contract/index.ts";
import type { Call } from "../engine/index.ts";
import { clusterOperations } from "./cluster.ts";
import { loginIn, serversThere } from "./import-cluster.ts";
import type { Site } from "./site.ts";

test("an id that carries a login is read whole, with what a program would leave out", () => {
  expect(loginIn("ssh://10.0.0.1")).toEqual({ address: "10.0.0.1", port: 22, user: "root" });
  expect(loginIn("ssh://admin@host.example:2222/")).toMatchObject({
    ...{ address: "host.example", port: 2222, user: "admin" },
  });
  expect(loginIn("ssh://root@[fd00::1]")).toMatchObject({ address: "fd00::1" });
  expect(loginIn("main")).toBeUndefined();
});

test.each([
  "ssh://",
  "ssh://root:hush@10.0.0.1",
  "ssh://10.0.0.1/main",
  "ssh://10.0.0.1:99999",
  "ssh://-@a?b",
])("%s is refused without being quoted", (id) => {
  expect(() => loginIn(id)).toThrow(/is no ssh:\/\/USER@ADDRESS:PORT/);
  expect(() => loginIn(id)).not.toThrow(/hush/);
});

test("the others are reached where they listen, the one that answers as it was", async () => {
  const client = {
    info: async () => ({ host: "a" }),
    listServers: async () => [
      { name: "a", role: "voter", address: "192.0.2.1" },
      { name: "b", role: "voter", address: "192.0.2.2" },
      { name: "c", role: "none", address: "192.0.2.3" },
    ],
  } as unknown as Client;
  const login = { address: "a.example", port: 22, user: "admin" };
  expect(await serversThere(client, login)).toEqual({
    a: { ssh: login },
    b: { ssh: { ...login, address: "192.0.2.2" } },
  });
});

test.each<[string, object | "unreachable", boolean, RegExp]>([
  [
    "far",
    "unreachable",
    false,
    /far: none is on this machine; .*imported by ssh:\/\/USER@ADDRESS of a server/,
  ],
  [
    "far",
    "unreachable",
    true,
    /far: its agent on this machine does not run; start it with constellation-agent/,
  ],
  ["far", { name: "main" }, true, /far: the one on this machine is called main; one on other machines/],
  ["ssh://10.0.0.1", "unreachable", false, /ssh:\/\/10.0.0.1: none is there$/],
])("an import of %s that finds %j says what to do", async (id, found, holdsState, said) => {
  const getCluster = async () => {
    if (found === "unreachable") throw new ConstellationError("unreachable", "no answer");
    return found;
  };
  const site = { client: { getCluster }, holdsState: async () => holdsState } as unknown as Site;
  const { read } = clusterOperations(() => site, { renew: () => undefined }, "0.1.0");
  await expect(read(id, undefined, {} as Call)).rejects.toThrow(said);
});

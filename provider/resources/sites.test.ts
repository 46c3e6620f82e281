import { describe, expect, test } from "@jest/globals";
import { ConstellationError } from "../../contract/index.ts";
import { type Call, formatAccess, NotReady, parseAccess, type Stored } from "../engine/index.ts";
import { createMachines } from "../machines/index.ts";
import { clusterOperations } from "./cluster.ts";
import { localSite } from "./local-site.ts";
import { remoteSite } from "./remote-site.ts";
import type { Site } from "./site.ts";

const ssh = { address: "10.0.0.1", port: 22, user: "root", agent: true };
const agent = { run: async () => ({}) };
const kits = { require: async () => "0.1.0", send: async () => "", removeOlder: async () => undefined };
const remote = (servers: object, old?: Stored) =>
  remoteSite({ servers }, old, { machines: createMachines(undefined), kits });
const stored = (inputs: object, access: object): Stored => ({
  id: "far",
  inputs: { value: { ...inputs }, secretPaths: new Set() },
  outputs: { access: formatAccess({ id: "c", addresses: [], ...access }) },
});
const far = stored({ servers: { one: { ssh } } }, { servers: [{ ssh }] });
const here = stored({}, {});

describe("an update that would found another cluster in the place of the recorded one", () => {
  test("is refused where servers is dropped", () => {
    expect(() => localSite({}, agent, "/nowhere").require(far, "update")).toThrow(
      /made on another machine.*give it those servers again/,
    );
  });
  test("is refused where servers is added", () => {
    expect(() => remote({ one: { ssh } }, here).require(here, "update")).toThrow(/made without servers/);
  });
});

test("a server's other name is refused, since its host keeps the one it has", () => {
  expect(() => remote({ two: { ssh } }, far).require(far, "update")).toThrow(
    /servers\.two: its server is called one.*write servers\.one/,
  );
  expect(() => remote({ one: { ssh } }, far).require(far, "update")).not.toThrow();
});

test("another login or host key makes no other machine of a server: nothing is to be taken down", async () => {
  const names = async (servers: object) => await remote(servers, far).servers();
  expect(await names({ one: { ssh: { ...ssh, hostKey: "SHA256:new" } } })).toEqual(["one"]);
  expect(await names({ one: { ssh: { ...ssh, user: "admin" } } })).toEqual(["one"]);
  expect(await names({ one: { ssh: { ...ssh, address: "10.0.0.2" } } })).toEqual(["one", "one"]);
  // In many networks there is a 10.0.0.1.
  const jump = [{ address: "192.0.2.1", port: 22, user: "root" }];
  expect(await names({ one: { ssh: { ...ssh, jump } } })).toEqual(["one", "one"]);
});

test("a preview of another login hands on the access that the apply will come to, and names servers that will go", async () => {
  const corrected = { ...ssh, hostKey: "SHA256:new" };
  const inputs = { value: { servers: { one: { ssh: corrected } } }, secretPaths: new Set<string>() };
  const listServers = async () => [{ name: "one" }, { name: "by-hand" }];
  const site = {
    client: { getCluster: async () => ({ id: "c" }), listServers },
    require: () => undefined,
    examine: async () => [],
    way: async () => ({ access: { addresses: [], servers: [{ ssh: corrected }] }, outputs: {} }),
  } as unknown as Site;
  const [renewed, told]: [string[], string[]] = [[], []];
  const connections = { renew: (access: string) => void renewed.push(access) };
  const old = { ...far, outputs: { ...far.outputs, clusterId: "c" } };
  const outputs = await clusterOperations(() => site, connections, "0.1.0").previewUpdate(old, inputs, {
    info: (message: string) => void told.push(message),
  } as Call);
  expect(told).toEqual([expect.stringMatching(/^server by-hand is not named .*removes it/)]);
  expect(renewed).toEqual([outputs.access]);
  expect(parseAccess(String(outputs.access))).toMatchObject({ id: "c", servers: [{ ssh: corrected }] });
});

test.each<[object, RegExp]>([
  [ssh, /none is there; .*pulumi up --refresh/],
  [{ ...ssh, hostKey: "SHA256:new" }, /none is there; .*pulumi state delete --target-dependents/],
])("an update that finds its only machine empty says what leads on from there: %j", async (login, said) => {
  const site = {
    require: () => undefined,
    client: {
      getCluster: async () => await Promise.reject(new ConstellationError("no-cluster", "none")),
      listServers: async () => await Promise.reject(new ConstellationError("no-cluster", "none")),
    },
  } as unknown as Site;
  const { previewUpdate, update } = clusterOperations(() => site, { renew: () => undefined }, "0.1.0");
  const inputs = {
    value: { servers: { one: { ssh: login } }, agentVersion: "0.2.0" },
    secretPaths: new Set<string>(),
  };
  const old = { ...far, outputs: { ...far.outputs, clusterId: "c" } };
  await expect(previewUpdate(old, inputs, {} as Call)).rejects.toThrow(said);
  await expect(update(old, inputs, {} as Call)).rejects.toThrow(said);
});

describe("a failure of an update", () => {
  const update = async (wasForced: boolean) => {
    // A provider of a newer release asks for its own agents.
    const value = { ...far.inputs.value, forceDestroy: true, agentVersion: "0.2.0" };
    const inputs = { value, secretPaths: new Set<string>() };
    const site = {
      require: () => undefined,
      raise: async () => {
        throw new NotReady(far, ["server c: no answer"]);
      },
    } as unknown as Site;
    const old = { ...far, inputs: { ...inputs, value: { ...inputs.value, forceDestroy: wasForced } } };
    const warned: string[] = [];
    const call = { warn: (message: string) => void warned.push(message) } as unknown as Call;
    const operations = clusterOperations(() => site, { renew: () => undefined }, "0.1.0");
    const unfinished = { ...old, outputs: {} };
    return { updated: operations.update(unfinished, inputs, call), warned };
  };

  test("is let pass where forceDestroy is all that changes, and told", async () => {
    const { updated, warned } = await update(false);
    await expect(updated).resolves.toBe(far);
    expect(warned).toEqual([expect.stringMatching(/no answer: forceDestroy is recorded/)]);
  });

  test("stays one where forceDestroy was set before", async () => {
    const { updated, warned } = await update(true);
    await expect(updated).rejects.toThrow("server c: no answer");
    expect(warned).toEqual([]);
  });
});

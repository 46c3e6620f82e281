import { describe, expect, test } from "@jest/globals";
import { type Client, ConstellationError } from "../../contract/index.ts";
import type { Call, Connections, NotReady, Opened, Properties, Stored } from "../engine/index.ts";
import type { Machines } from "../machines/index.ts";
import { hostOperations } from "./host.ts";

const ssh = { address: "10.0.0.2", port: 22, user: "root" };
const hostKeys = { "10.0.0.2:22": "ssh-ed25519 AAAA" };
const changed = new ConstellationError("host-key-changed", "connect to 10.0.0.2:22: its host key is another");
const fit = `system=Linux\nkernel=6.1.0\nmachine=x86_64\ncontrollers=cpu memory pids\noverlay=yes\nmemoryKiB=2097152\ndone=yes\n`;

interface Given {
  /** Thrown where the machine cannot be reached. */
  readonly login?: ConstellationError;
  /** Undefined: the cluster has no such host. */
  readonly state?: string;
  /** Thrown where the cluster cannot be reached. */
  readonly cluster?: ConstellationError;
}

/** The operations of hosts beside a cluster and a machine that are as given, and what they tell. */
function operationsOf({ login, state, cluster }: Given) {
  const warned: string[] = [];
  const host = { name: "two", role: "host", address: "10.0.0.2", state };
  const getCluster = async () => ({ network: { mode: "wireguard" } });
  const client = {
    getCluster,
    getHost: async () => state && host,
    putHost: async () => host,
  } as unknown as Client;
  const connections = {
    to: async () => (cluster ? await Promise.reject(cluster) : { client, clusterId: "c" }),
    lost: async () => undefined,
  } as unknown as Connections;
  const machine = {
    name: "ssh://root@10.0.0.2:22",
    hostKeys: () => hostKeys,
    async login() {
      if (login) throw login;
      return { hostKeys, runAsRoot: async () => ({ code: 0, stdout: fit, stderr: "" }) };
    },
  };
  const machines = { at: () => machine } as unknown as Machines;
  const kits = {
    require: async () => "0.1.0",
    send: async () => await Promise.reject(new ConstellationError("unreachable", "the connection was lost")),
    removeOlder: async () => undefined,
  };
  const call = {
    ...{ urn: "urn:mine", signal: new AbortController().signal },
    ...{ progress: () => undefined, info: () => undefined },
    warn: (message: string) => void warned.push(message),
  } as unknown as Call;
  return { operations: hostOperations(connections, { machines, kits }, "0.1.0"), call, warned };
}
const inputsOf = (force: boolean, more: Properties = {}): Opened => ({
  value: {
    ...{ name: "two", ssh, agentVersion: "0.1.0", onDelete: { drain: true, timeout: "1m", force } },
    ...more,
  },
  secretPaths: new Set(),
});
const finished = { clusterId: "c", address: "10.0.0.2", hostKeys };

describe("a host whose machine is gone", () => {
  const host = (outputs: Properties, isForced = false): Stored => ({
    ...{ id: "two", inputs: inputsOf(isForced), outputs },
  });

  test.each<[string, Stored, Given, Opened]>([
    ["was never finished", host({ clusterId: "c" }), { login: changed }, inputsOf(true)],
    ["is lost", host(finished), { login: changed, state: "lost" }, inputsOf(true)],
    [
      "is lost, and is to get a newer agent",
      host(finished),
      { login: changed, state: "lost" },
      inputsOf(true, { agentVersion: "0.2.0" }),
    ],
  ])("and that %s: onDelete.force is recorded, and told", async (_, old, given, inputs) => {
    const { operations, call, warned } = operationsOf(given);
    await operations.previewUpdate(old, inputs, call);
    expect(await operations.update(old, inputs, call)).toMatchObject({ inputs });
    // What is finished and stays as it is is not gone to.
    const isGoneTo = old.outputs.address === undefined || inputs.value.agentVersion === "0.2.0";
    const told = expect.stringMatching(/another: onDelete\.force is recorded/);
    expect(warned).toEqual(isGoneTo ? [told, told] : []);
  });

  test("and its cluster, too: the same", async () => {
    const { operations, call } = operationsOf({ cluster: changed });
    expect(await operations.update(host(finished), inputsOf(true), call)).toMatchObject({
      inputs: inputsOf(true),
    });
  });

  test("stays a failure where force says nothing new", async () => {
    const { operations, call, warned } = operationsOf({ login: changed });
    const unfinished = { clusterId: "c" };
    for (const force of [false, true])
      await expect(operations.update(host(unfinished, force), inputsOf(force), call)).rejects.toBe(changed);
    expect(warned).toEqual([]);
  });

  test("is looked at by the preview of an update that would start its agent", async () => {
    const { operations, call } = operationsOf({ login: changed, state: "lost" });
    const relabelled = inputsOf(false, { labels: { zone: "b" } });
    await expect(operations.previewUpdate(host(finished), relabelled, call)).rejects.toBe(changed);
  });
});

test("a create that is cut short records the host key of the first contact", async () => {
  const { operations, call } = operationsOf({});
  const failure = (await operations.create(inputsOf(false), call).catch((error: Error) => error)) as NotReady;
  expect(failure.stored.outputs).toEqual({ clusterId: "c", hostKeys });
});

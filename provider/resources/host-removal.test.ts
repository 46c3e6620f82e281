import { expect, test } from "@jest/globals";
import { type Client, ConstellationError } from "../../contract/index.ts";
import type { Call, Connection, Stored } from "../engine/index.ts";
import type { HostMachine } from "./host-machine.ts";
import { removeHost } from "./host-removal.ts";

const away = new ConstellationError("unreachable", "connect to 10.0.0.2:22: no answer within 10 s");
const membership = { clusterId: "c", clusterName: "far", name: "two" };

interface Given {
  readonly onDelete?: object;
  readonly membership?: object;
  readonly isAway?: boolean;
  readonly state?: string;
  readonly instances?: readonly object[];
  /** Of a host whose create failed half-way. */
  readonly outputs?: Stored["outputs"];
  /** Of the host that has its name. */
  readonly owner?: string;
}

/** What was done, in order, on a machine that is a host unless said otherwise. */
async function removed(given: Given = {}) {
  const done: string[] = [];
  const lines = given.outputs
    ? ["done=yes"]
    : [`membership=${JSON.stringify(given.membership ?? membership)}`, "state=yes", "done=yes"];
  const login = async () => {
    if (given.isAway) throw away;
    return { runAsRoot: async () => ({ code: 0, stdout: lines.join("\n"), stderr: "" }) };
  };
  const machine = {
    name: "ssh://root@10.0.0.2:22",
    asking: () => ({ machine: { login, name: "m" }, signal: new AbortController().signal }),
    clear: async () => void done.push("clear the machine"),
  } as unknown as HostMachine;
  const client = {
    getHost: async () =>
      given.outputs && !given.owner
        ? undefined
        : {
            ...{ name: "two", availability: "active", state: given.state ?? "ready" },
            ...(given.owner && { owner: { engine: "pulumi", id: given.owner } }),
          },
    putHost: async (_: string, { availability }: { availability: string }) => void done.push(availability),
    listInstances: async () => given.instances ?? [],
    getDocument: async () => undefined,
    deleteHost: async () => void done.push("remove from the cluster"),
  } as unknown as Client;
  const old: Stored = {
    id: "two",
    inputs: {
      value: { onDelete: { drain: true, timeout: "0s", force: false, ...given.onDelete } },
      secretPaths: new Set(),
    },
    outputs: given.outputs ?? { clusterId: "c", address: "10.0.0.2" },
  };
  const call = {
    urn: "urn:mine",
    signal: new AbortController().signal,
    progress: () => undefined,
    warn: (message: string) => void done.push(message),
  } as unknown as Call;
  const connect = async () => ({ client, clusterId: "c" }) as Connection;
  const failure = await removeHost(old, call, { machine, connect }).then(
    () => undefined,
    (error: Error) => error.message,
  );
  return { done, failure };
}

const busy = [{ name: "web-0", host: "two", state: "running", namespace: "default", service: "web" }];

test("a host is drained, then its agent removed, then itself", async () => {
  expect(await removed()).toEqual({
    done: ["draining", "clear the machine", "remove from the cluster"],
    failure: undefined,
  });
});

test("one that cannot be reached is left alone, and the advice names onDelete.force", async () => {
  const { done, failure } = await removed({ isAway: true });
  expect(done).toEqual([]);
  expect(failure).toMatch(
    /no answer within 10 s; .*installed anew, run pulumi up once with onDelete\.force set on the host, then/,
  );
});

test("by force it goes without its machine; what a lost one had is elsewhere already", async () => {
  const { done, failure } = await removed({ isAway: true, state: "lost", onDelete: { force: true } });
  expect(failure).toBeUndefined();
  expect(done).toEqual([
    expect.stringMatching(/no answer.*: going on without it$/),
    "remove from the cluster",
  ]);
});

test("one that cannot be drained in time goes on as it was", async () => {
  const { done, failure } = await removed({ instances: busy });
  expect(done).toEqual(["draining", "active"]);
  expect(failure).toMatch(/drain two: after 0 s 1 instance left: web-0/);
});

test("an agent of another cluster stays", async () => {
  const { done } = await removed({ membership: { ...membership, clusterId: "other" } });
  expect(done).toEqual(["draining", expect.stringMatching(/none of this host's/), "remove from the cluster"]);
});

test("of one that was cut short before it joined, what was sent goes", async () => {
  const { done, failure } = await removed({ outputs: { clusterId: "c" } });
  expect(done).toEqual(["clear the machine", "remove from the cluster"]);
  expect(failure).toBeUndefined();
});

test("where somebody else made a host of its name since it was cut short, theirs is left alone", async () => {
  const outputs = { clusterId: "c" };
  expect((await removed({ outputs, owner: "urn:another" })).done).toEqual(["clear the machine"]);
  expect((await removed({ outputs, owner: "urn:mine" })).done).toEqual([
    "draining",
    "clear the machine",
    "remove from the cluster",
  ]);
});

import { Duplex, PassThrough } from "node:stream";
import { expect, test } from "@jest/globals";
import type { Tunnel } from "../../contract/tunnel/index.ts";
import { keptRemote } from "./dial.ts";

/** Logins that work unless told otherwise; each can be lost. */
function fakeMachine() {
  const state = { logins: 0, isAway: false, told: 0, lose() {} };
  const open = async (): Promise<Tunnel> => {
    state.logins += 1;
    if (state.isAway) throw new Error("no route to host");
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    state.lose = () => resolve();
    return { closed, dial: async () => Duplex.from(new PassThrough()), close: resolve };
  };
  const onLost = () => {
    state.told += 1;
  };
  const limits = { returnMs: 50, pauseMs: 1 };
  return { state, remote: keptRemote({ name: "ssh://far", open, onLost, ...limits }) };
}
const settled = async () => await new Promise((resolve) => setImmediate(resolve));

test("one login serves all connections, and none is made before the first", async () => {
  const { state, remote } = fakeMachine();
  expect(state.logins).toBe(0);
  await Promise.all([remote.address.dial(), remote.address.dial()]);
  expect(state.logins).toBe(1);
});

test("a login that was lost is made again, also where the machine is away for a moment", async () => {
  const { state, remote } = fakeMachine();
  await remote.address.dial();
  state.isAway = true;
  state.lose();
  await settled();
  expect(state.told).toBe(1);
  const again = remote.address.dial();
  while (state.logins < 3) await settled();
  state.isAway = false;
  await again;
});

test("a machine that stays away is given up, and a first login that fails is not repeated", async () => {
  const { state, remote } = fakeMachine();
  await remote.address.dial();
  state.isAway = true;
  state.lose();
  await settled();
  await expect(remote.address.dial()).rejects.toThrow("no route to host");
  const other = fakeMachine();
  other.state.isAway = true;
  await expect(other.remote.address.dial()).rejects.toThrow("no route to host");
  await expect(other.remote.address.dial()).rejects.toThrow("no route to host");
  expect(other.state.logins).toBe(1);
});

test("once closed, nothing is tried again", async () => {
  const { state, remote } = fakeMachine();
  await remote.address.dial();
  state.isAway = true;
  remote.close();
  state.lose();
  await settled();
  expect(state.told).toBe(0);
  await expect(remote.address.dial()).rejects.toThrow("no route to host");
  expect(state.logins).toBe(2);
});

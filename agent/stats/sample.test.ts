import { expect, test } from "@jest/globals";
import type { Instance } from "../../contract/index.ts";
import { createStats } from "./index.ts";

const instance = (name: string, host = "vm"): Instance => ({
  ...{ id: `${name}-aaaaaa`, namespace: "default", service: "web", serviceUid: "u", name, index: 0, host },
  ...{ address: "10.64.0.2", revision: 1, state: "running", healthy: true, reason: "", restarts: 1 },
  ...{ image: "web", since: "2026-01-01T00:00:00Z" },
});
const counters = { cpuSeconds: 1, memoryBytes: 2, memoryLimitBytes: undefined, pids: 3, pidsLimit: 4 };

test("an instance's own side of its link, and none that runs elsewhere or not at all", async () => {
  const take = createStats("vm", {
    counters: (id) => (id.startsWith("web-2") ? undefined : counters),
    devices: () => new Map([["cst-web-0-aaaaaa", { receivedBytes: 10, sentBytes: 20 }]]),
    deviceOf: (id) => `cst-${id}`,
  });
  const { items, hosts } = await take([instance("web-0"), instance("web-1", "other"), instance("web-2")]);
  expect(items).toEqual([
    expect.objectContaining({ ...counters, name: "web-0", restarts: 1, receivedBytes: 20, sentBytes: 10 }),
  ]);
  expect(hosts).toMatchObject([{ name: "vm", cores: expect.any(Number) }]);
});

test("many who ask at once cost one sample", async () => {
  let read = 0;
  const take = createStats("vm", {
    counters: () => counters,
    devices: () => {
      read += 1;
      return new Map();
    },
    deviceOf: (id) => id,
  });
  const all = [instance("web-0")];
  const samples = await Promise.all([take(all), take(all), take(all)]);
  expect(read).toBe(1);
  expect(new Set(samples).size).toBe(1);
});

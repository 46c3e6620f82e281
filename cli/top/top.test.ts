import { describe, expect, test } from "@jest/globals";
import type { Stats } from "../../contract/index.ts";
import { paletteOf } from "../terminal/index.ts";
import { sorted, usageBetween, usageLines } from "./index.ts";

const item = (id: string, more: Partial<Stats["items"][number]> = {}): Stats["items"][number] => ({
  ...{ id, namespace: "default", service: "web", name: id, host: "vm", restarts: 0 },
  ...{ cpuSeconds: 10, memoryBytes: 2 ** 20, pids: 1, receivedBytes: 1_000, sentBytes: 500 },
  ...more,
});
const sample = (clockSeconds: number, items: Stats["items"]): Stats => ({
  at: "2026-01-01T00:00:00Z",
  hosts: [
    {
      name: "vm",
      clockSeconds,
      cores: 2,
      cpuSeconds: clockSeconds,
      memoryBytes: 2 ** 30,
      memoryTotalBytes: 2 ** 31,
    },
  ],
  items,
});

describe("rates", () => {
  test("are per second of the host's own clock, and of one core", () => {
    const usage = usageBetween(
      sample(100, [item("a")]),
      sample(104, [item("a", { cpuSeconds: 16, receivedBytes: 5_000, sentBytes: 500 })]),
    );
    expect(usage.hosts).toMatchObject([{ cpuPercent: 100, cores: 2 }]);
    expect(usage.instances).toMatchObject([{ cpuPercent: 150, receivedPerSecond: 1_000, sentPerSecond: 0 }]);
  });

  test("of what is new, or began again, count from nothing; without time there are none", () => {
    const usage = usageBetween(
      sample(100, [item("a")]),
      sample(102, [item("a", { cpuSeconds: 1 }), item("b", { cpuSeconds: 50 })]),
    );
    expect(usage.instances.map(({ cpuPercent }) => cpuPercent)).toEqual([50, 0]);
    expect(usageBetween(sample(100, [item("a")]), sample(100, [item("a")])).instances[0]?.cpuPercent).toBe(0);
  });
});

describe("the table", () => {
  const usage = usageBetween(
    sample(0, [item("a"), item("b"), item("c")]),
    sample(1, [
      item("a", { cpuSeconds: 10.1, memoryBytes: 60 * 2 ** 20, memoryLimitBytes: 64 * 2 ** 20 }),
      item("b", { cpuSeconds: 10.9, namespace: "shop", pids: 3, pidsLimit: 20 }),
      item("c", { memoryBytes: 90 * 2 ** 20, restarts: 2 }),
    ]),
  );
  const ids = (by: "cpu" | "memory" | "name") => sorted(usage, by).instances.map(({ id }) => id);

  test("is ordered by what is asked for", () => {
    expect([ids("cpu"), ids("memory"), ids("name")]).toEqual([
      ["b", "a", "c"],
      ["c", "a", "b"],
      ["a", "c", "b"],
    ]);
  });

  test("shows hosts, then instances with their limits", () => {
    expect(usageLines(sorted(usage, "name"), { palette: paletteOf(false) })).toEqual([
      "vm  cpu 100.0% of 200%  memory 1Gi of 2Gi  3 instances",
      "",
      "NAMESPACE  INSTANCE  CPU    MEMORY        PIDS     RX/S  TX/S  RESTARTS",
      "default    a         10.0%  60Mi of 64Mi  1        0B    0B    0",
      "default    c         0.0%   90Mi          1        0B    0B    2",
      "shop       b         90.0%  1Mi           3 of 20  0B    0B    0",
    ]);
  });

  test("never has more lines than the terminal", () => {
    for (const rows of [4, 5, 6, 24])
      expect(usageLines(usage, { palette: paletteOf(false), rows }).length).toBeLessThanOrEqual(rows);
    expect(usageLines(usage, { palette: paletteOf(false), rows: 5 }).at(-1)).toBe("and 2 more");
  });
});

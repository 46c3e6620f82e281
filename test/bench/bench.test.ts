import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";

const main = join(import.meta.dirname, "../../bench/main.ts");
const bench = async (...args: string[]) => await promisify(execFile)(process.execPath, [main, ...args]);

test("start --json: one line a metric and a peer, each with the peer's figure", async () => {
  const { stdout } = await bench("start", "--json", "--runs", "1");
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const crun = lines.filter(({ peer }) => peer === "crun");
  expect(crun.map(({ metric }) => metric)).toEqual([
    "start.p50",
    "start.p99",
    "start.busy.p50",
    "start.busy.p99",
  ]);
  for (const { value, peerValue, ratio, ...rest } of crun) {
    expect(rest).toMatchObject({ bench: "start", unit: "ms" });
    expect(Number(value)).toBeGreaterThan(0);
    // All three are rounded to thousandths.
    expect((Number(ratio) * Number(value)) / Number(peerValue)).toBeCloseTo(1, 1);
  }
});

test("scale --json: a line beside each peer's best concurrency", async () => {
  const { stdout } = await bench("scale", "--json", "--runs", "1", "--instances", "3");
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map(({ peer }) => peer)).toEqual(["crun", "podman"]);
  for (const { value, peerValue, ratio, ...rest } of lines) {
    expect(rest).toMatchObject({ bench: "scale", metric: "scale", unit: "s" });
    // All three are rounded to thousandths.
    expect((Number(ratio) * Number(value)) / Number(peerValue)).toBeCloseTo(1, 1);
  }
}, 180_000);

test("footprint --json: what an instance takes beside podman's, the agent beside its goals", async () => {
  const { stdout } = await bench(
    ...["footprint", "--json", "--instances", "2"],
    ...["--seconds", "1", "--settle", "1"],
  );
  const lines = new Map(
    stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { metric: string; value: number; unit: string })
      .map((line) => [line.metric, line]),
  );
  expect(lines.get("instance.memory")).toMatchObject({ unit: "MiB" });
  for (const metric of ["agent.rss.idle", "agent.rss.2", "etcd.rss.idle", "guard.rss.idle", "names.rss.idle"])
    expect(lines.get(metric)?.value).toBeGreaterThan(1);
  expect(lines.get("agent.cpu.2")).toMatchObject({ unit: "%", peer: "goal" });
}, 180_000);

test("up --json: both ups beside those of a provider that does nothing", async () => {
  const { stdout } = await bench("up", "--json", "--services", "2", "--runs", "1");
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toMatchObject([
    { bench: "up", metric: "up.first", unit: "s", peer: "empty-provider" },
    { bench: "up", metric: "up.noop", unit: "s", peer: "empty-provider" },
  ]);
  for (const { value, peerValue } of lines) {
    expect(Number(value)).toBeGreaterThan(0);
    expect(Number(peerValue)).toBeGreaterThan(0);
  }
}, 180_000);

test("churn --json: what has grown, and nothing that is left once everything was deleted", async () => {
  const { stdout } = await bench("churn", "--json", "--minutes", "0.1");
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { metric: string; value: number });
  const left = lines.filter(({ metric }) => metric.endsWith(".left"));
  expect(left.map(({ metric }) => metric)).toEqual(
    ["processes", "mounts", "devices", "namespaces", "cgroups", "elements"].map((name) => `${name}.left`),
  );
  expect(left.filter(({ value }) => value > 0)).toEqual([]);
  expect(lines.map(({ metric }) => metric)).toContain("agent.rss.growth");
}, 180_000);

test("network --json: direct beside the underlay and bare routing, WireGuard beside the tool", async () => {
  const { stdout } = await bench("network", "--json", "--runs", "1", "--seconds", "1");
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map(({ metric, peer }) => [metric, peer])).toEqual([
    ["throughput", "underlay"],
    ["latency.p50", "underlay"],
    ["throughput", "routed"],
    ["latency.p50", "routed"],
    ["throughput", "wireguard-go"],
    ["latency.p50", "wireguard-go"],
  ]);
  for (const { value, peerValue } of lines) {
    expect(Number(value)).toBeGreaterThan(0);
    expect(Number(peerValue)).toBeGreaterThan(0);
  }
}, 180_000);

test("a benchmark nobody knows is refused, with those there are", async () => {
  await expect(bench("strat")).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("start") });
});

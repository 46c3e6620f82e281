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
  expect(crun.map(({ metric }) => metric)).toEqual(["start.p50", "start.p99"]);
  for (const { value, peerValue, ratio, ...rest } of crun) {
    expect(rest).toMatchObject({ bench: "start", unit: "ms" });
    expect(Number(value)).toBeGreaterThan(0);
    expect(Number(ratio)).toBeCloseTo(Number(peerValue) / Number(value), 2);
  }
});

test("a benchmark nobody knows is refused, with those there are", async () => {
  await expect(bench("strat")).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("start") });
});

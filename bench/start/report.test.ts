import { expect, test } from "@jest/globals";
import { reportStarts } from "./report.ts";

const sample = (contender: string, ms: number, wasIdle = true) => ({
  ...{ contender, ms, wasIdle },
  load: "idle" as const,
});
const busy = (contender: string, ms: number) => ({ ...sample(contender, ms), load: "busy" as const });
const samples = [
  sample("podman", 160),
  sample("constellation", 20),
  sample("crun", 12),
  sample("crun", 14, false),
  sample("constellation", 22.00049),
  sample("podman", 180),
  busy("constellation", 40),
  busy("crun", 50),
  busy("podman", 400),
];

test("a ratio above 1 means that we are faster", () => {
  expect(reportStarts(samples).comparisons).toEqual([
    comparison("start.p50", 20, "crun", 12, 0.6),
    comparison("start.p50", 20, "podman", 160, 8),
    comparison("start.p99", 22, "crun", 14, 0.636),
    comparison("start.p99", 22, "podman", 180, 8.182),
    comparison("start.busy.p50", 40, "crun", 50, 1.25),
    comparison("start.busy.p50", 40, "podman", 400, 10),
    comparison("start.busy.p99", 40, "crun", 50, 1.25),
    comparison("start.busy.p99", 40, "podman", 400, 10),
  ]);
});

test("the table begins with ours and says how good its samples are", () => {
  const { rows, notes } = reportStarts(samples).table;
  expect(rows).toEqual([
    ["constellation", "20.0", "20.0", "22.0", ""],
    ["crun", "12.0", "12.0", "14.0", "0.60"],
    ["podman", "160.0", "160.0", "180.0", "8.00"],
    ["constellation, busy", "40.0", "40.0", "40.0", ""],
    ["crun, busy", "50.0", "50.0", "50.0", "1.25"],
    ["podman, busy", "400.0", "400.0", "400.0", "10.00"],
  ]);
  expect(notes).toEqual([
    "5 of 6 samples began on an idle machine.",
    "busy: an instance keeps all processors busy; it reserves one core.",
    "runc is not installed and left out; npm run bench installs it.",
    "With fewer than 100 runs, p99 is the slowest one.",
  ]);
});

function comparison(metric: string, value: number, peer: string, peerValue: number, ratio: number) {
  return { bench: "start", metric, value, unit: "ms", peer, peerValue, ratio };
}

import { lessIsBetter } from "../compare.ts";
import type { Report } from "../types.ts";
import { type Trend, trendOf } from "./trend.ts";
import type { Churned, Objects, Vitals } from "./types.ts";

const megabyte = 1e6;

/** What is followed: how it is read, and how much it may vary without having grown. */
const followed: readonly {
  readonly metric: string;
  readonly title: string;
  readonly unit: string;
  readonly tolerance: number;
  readonly of: (vitals: Vitals) => number;
}[] = [
  { metric: "agent.rss", title: "agent, RSS", unit: "MB", tolerance: 3, of: ({ rss }) => rss / megabyte },
  { metric: "agent.private", title: "agent, own", unit: "MB", tolerance: 3, of: ({ own }) => own / megabyte },
  {
    metric: "agent.descriptors",
    title: "agent, files",
    unit: "",
    tolerance: 5,
    of: ({ descriptors }) => descriptors,
  },
  { metric: "agent.threads", title: "agent, threads", unit: "", tolerance: 1, of: ({ threads }) => threads },
  {
    metric: "etcd.rss",
    title: "etcd, RSS",
    unit: "MB",
    tolerance: 10,
    of: ({ etcdRss }) => etcdRss / megabyte,
  },
  {
    metric: "etcd.disk",
    title: "etcd, disk",
    unit: "MB",
    // A segment of its write-ahead log is 64 MB long.
    tolerance: 80,
    of: ({ etcdDisk }) => etcdDisk / megabyte,
  },
];

/** Says of each figure where it was and is, and whether it has grown. */
export function reportChurn({ minutes, changes, vitals, before, after }: Churned): Report {
  const trends = followed.map((one) => ({
    ...one,
    trend: trendOf(
      vitals.map((each) => ({ atSeconds: each.atSeconds, value: one.of(each) })),
      one.tolerance,
    ),
  }));
  const left = Object.keys(before).filter((name) => countOf(after, name) > countOf(before, name));
  const grown = trends.filter(({ trend }) => !trend.isFlat).map(({ title }) => title);
  const verdict = [...grown, ...left].length === 0 ? "flat" : `grown: ${[...grown, ...left].join(", ")}`;
  return {
    comparisons: [
      ...trends.map(({ metric, unit, trend }) =>
        lessIsBetter({ bench: "churn", metric: `${metric}.growth`, unit, value: trend.last - trend.first }),
      ),
      ...Object.keys(before).map((name) =>
        lessIsBetter({
          ...{ bench: "churn", metric: `${name}.left`, unit: "" },
          value: countOf(after, name) - countOf(before, name),
        }),
      ),
    ],
    table: {
      title: `churn: ${changes} changes in ${minutes} minutes; ${verdict}`,
      header: ["", "first third", "last third", "an hour", ""],
      rows: trends.map(({ title, unit, trend }) => [title, ...figures(trend), unit]),
      notes: [
        `Left after everything was deleted: ${sayObjects(before, after)}.`,
        "Medians, without the first quarter of the time; an hour: the slope by least squares, noise and all.",
      ],
    },
  };
}

function figures({ first, last, perHour }: Trend): string[] {
  return [first.toFixed(1), last.toFixed(1), `${perHour >= 0 ? "+" : ""}${perHour.toFixed(1)}`];
}

function sayObjects(before: Objects, after: Objects): string {
  return Object.keys(before)
    .map((name) => `${name} ${countOf(after, name)} of ${countOf(before, name)}`)
    .join(", ");
}

function countOf(objects: Objects, name: string): number {
  return objects[name as keyof Objects];
}

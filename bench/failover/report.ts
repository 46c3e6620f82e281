import { lessIsBetter } from "../compare.ts";
import { quantile } from "../quantile.ts";
import type { Report } from "../types.ts";
import { type Role, roles, type Sample } from "./types.ts";

/** Promised for all kills together, in seconds. */
const goals = [
  { share: 0.5, name: "p50", seconds: 2.8 },
  { share: 0.95, name: "p95", seconds: 4 },
] as const;

const titles: Record<Role, string> = { host: "a host", server: "a server", leader: "the leader" };

/** All kills beside what was promised, then each kind apart. */
export function reportFailover(samples: readonly Sample[]): Report {
  const secondsOf = (role: Role) => samples.filter((one) => one.role === role).map(({ seconds }) => seconds);
  const all = samples.map(({ seconds }) => seconds);
  const killed = roles.filter((role) => secondsOf(role).length > 0);
  const figure = (metric: string, value: number) => ({ bench: "failover", metric, unit: "s", value });
  const row = (name: string, seconds: readonly number[]) => [
    `${name} (${seconds.length})`,
    ...[0, 0.5, 0.95, 1].map((share) => quantile(seconds, share).toFixed(2)),
  ];
  return {
    comparisons: [
      ...goals.map(({ share, name, seconds }) =>
        lessIsBetter(figure(`failover.${name}`, quantile(all, share)), { name: "goal", value: seconds }),
      ),
      ...killed.flatMap((role) =>
        goals.map(({ share, name }) =>
          lessIsBetter(figure(`failover.${role}.${name}`, quantile(secondsOf(role), share))),
        ),
      ),
    ],
    table: {
      title: "failover: from the kill of a host to its service answering elsewhere (s)",
      header: ["killed", "min", "p50", "p95", "max"],
      rows: [row("any", all), ...killed.map((role) => row(titles[role], secondsOf(role)))],
      notes: [
        ...killed.map((role) => `${titles[role]}: ${sorted(secondsOf(role)).join(" ")}`),
        `Goals: ${goals.map(({ name, seconds }) => `${name} ${seconds} s`).join(", ")}, over all kills.`,
      ],
    },
  };
}

const sorted = (seconds: readonly number[]) =>
  seconds.toSorted((one, other) => one - other).map((each) => each.toFixed(2));

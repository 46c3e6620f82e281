import { expect, test } from "@jest/globals";
import { reportBootstrap } from "./report.ts";

test("the median up stands beside the median copy; those that came together stand alone", () => {
  const samples = [
    { up: 9, copy: 3 },
    { up: 6, copy: 1.5 },
    { up: 8, copy: 2 },
  ];
  const { comparisons, table } = reportBootstrap(samples, { hosts: 3, seconds: 12 }, 58 * 1024 ** 2);
  const rest = { bench: "bootstrap", unit: "s" };
  expect(comparisons).toEqual([
    { ...rest, metric: "host.p50", value: 8, peer: "ssh-copy", peerValue: 2, ratio: 0.25 },
    { ...rest, metric: "hosts.together", value: 12, peer: "none", peerValue: null, ratio: null },
  ]);
  expect(table.rows).toEqual([
    ["pulumi up, one host more (3)", "6.00", "8.00", "9.00"],
    ["the same 58 MiB by ssh and tar (3)", "1.50", "2.00", "3.00"],
    ["pulumi up, 3 more at once (1)", "12.00", "12.00", "12.00"],
  ]);
});

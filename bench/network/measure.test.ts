import { expect, test } from "@jest/globals";
import { readPingPong, readStream } from "./measure.ts";

test("what arrived counts, not what was sent", () => {
  const sums = { sum_sent: { bits_per_second: 9e9 }, sum_received: { bits_per_second: 8.5e9 } };
  expect(readStream(JSON.stringify({ end: sums }))).toBe(8.5);
});

test("of round trips the median; output without one is an error that shows it", () => {
  const printed = `sockperf: ---> percentile 75.000 =   31.250
sockperf: ---> percentile 50.000 =   28.125
sockperf: ---> percentile 25.000 =   25.000
`;
  expect(readPingPong(printed)).toBe(28.125);
  expect(() => readPingPong("sockperf: ERROR: no answer")).toThrow(/no median.*no answer/);
});

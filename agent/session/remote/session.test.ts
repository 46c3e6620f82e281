import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { ConstellationError } from "../../../contract/index.ts";
import type { Observation } from "../types.ts";
import { wireLimits } from "../wire.ts";
import type { Link } from "./link.ts";
import { createRemoteSession } from "./session.ts";

let ending: AbortController;
/** When a server was asked, and what its answers are. */
let asked: number[];
let answer: () => Error;
beforeEach(() => {
  ending = new AbortController();
  asked = [];
  answer = () => new ConstellationError("unreachable", "this server is cut off");
});
afterEach(() => ending.abort());

function session() {
  const request = () => {
    asked.push(performance.now());
    throw answer();
  };
  const link = { session: { request }, over: ending.signal } as unknown as Link;
  const links = {
    ...{ current: async () => link, all: () => [link], avoid() {}, follow() {}, redial() {} },
  };
  return createRemoteSession({ links, onServers() {}, onTrouble() {}, signal: ending.signal });
}
const observation = { host: { name: "vm" }, instances: [] } as unknown as Observation;

/** Timers may end a moment early. */
const toleranceMs = 2;

test("a report that no server takes is sent again, after a rest twice as long each time", async () => {
  const reporting = session().report(observation);
  reporting.catch(() => undefined);
  while (asked.length < 4) await new Promise((resolve) => setTimeout(resolve, 20));
  ending.abort();
  await expect(reporting).rejects.toThrow();
  const rests = asked.slice(1).map((at, index) => at - (asked[index] ?? 0));
  for (const [index, ms] of rests.entries())
    expect(ms).toBeGreaterThanOrEqual(wireLimits.firstPauseMs * 2 ** index - toleranceMs);
});

test("one that is refused for good is not", async () => {
  answer = () => new ConstellationError("forbidden", "its tunnel has another one's key");
  await expect(session().report(observation)).rejects.toMatchObject({ code: "forbidden" });
  expect(asked).toHaveLength(1);
});

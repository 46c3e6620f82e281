import { expect, test } from "@jest/globals";
import { createPulse } from "./pulse.ts";

const never = new AbortController().signal;

test("a pulse fired before the wait is not lost, and many count as one", async () => {
  const pulse = createPulse();
  pulse.fire();
  pulse.fire();
  await pulse.wait(never);
  const again = pulse.wait(never, 20).then(() => "waited");
  expect(await again).toBe("waited");
});

test("a wait ends with a pulse, or with the signal", async () => {
  const pulse = createPulse();
  const stop = new AbortController();
  const waiting = pulse.wait(never);
  pulse.fire();
  await waiting;
  const aborted = pulse.wait(stop.signal);
  stop.abort();
  await aborted;
  await pulse.wait(stop.signal);
});

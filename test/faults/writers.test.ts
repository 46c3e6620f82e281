import { afterEach, expect, test } from "@jest/globals";
import type { ConstellationError, Document } from "../../contract/index.ts";
import { startAgent, type TestAgent } from "../control/agent.ts";

const owner = { engine: "cli", id: "tester" } as const;
const network = { cidr: "10.64.0.0/12", serviceCidr: "240.0.0.0/4", domain: "internal" };
const motd = { namespace: "default", plural: "configfiles", name: "motd" };

let agent: TestAgent;
afterEach(() => agent?.close());

async function found(quotaBytes?: number): Promise<void> {
  agent = await startAgent(quotaBytes === undefined ? {} : { quotaBytes });
  await agent.client.putCluster({ owner, name: "home", network });
}

test("eight clients that write a document with the same etag: exactly one wins, the others are told of the conflict; at once", async () => {
  await found();
  let { etag, revision } = await agent.client.putDocument(motd, { owner, inputs: { content: "0" } }, {});
  for (let round = 1; round <= 5; round++) {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, (_, client) => {
        const content = `${round} of ${client}`;
        return agent.client.putDocument(motd, { owner, inputs: { content } }, { ifMatch: etag });
      }),
    );
    const [winner, ...more] = outcomes.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    expect(more).toEqual([]);
    for (const one of outcomes) {
      if (one.status === "rejected") expect((one.reason as ConstellationError).code).toBe("conflict");
    }
    const now = (await agent.client.getDocument(motd)) as Document;
    expect(now).toMatchObject({ inputs: winner?.inputs, etag: winner?.etag, revision: revision + 1 });
    ({ etag, revision } = now);
  }
});

test("a store that has grown to its quota: its past is given up, and no write fails; within 10 s", async () => {
  const quotaBytes = 48 * 1024 * 1024;
  await found(quotaBytes);
  const big = (round: number) => `${round}${"x".repeat(120 * 1024)}`;
  let written = 0;
  for (let round = 0; written < 1.5 * quotaBytes; round++) {
    const before = performance.now();
    const earlier = await agent.client.getDocument(motd);
    const content = big(round);
    await agent.client.putDocument(
      motd,
      { owner, inputs: { content } },
      earlier ? { ifMatch: earlier.etag } : {},
    );
    written += content.length;
    expect(performance.now() - before).toBeLessThan(10_000);
  }
  expect((await agent.client.getDocument(motd))?.inputs.content).toHaveLength(big(999).length);
});

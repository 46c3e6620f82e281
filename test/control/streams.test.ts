import { get } from "node:http";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Event } from "../../contract/index.ts";
import { imageDigest, startAgent, type TestAgent } from "./agent.ts";
import { until } from "./until.ts";

const owner = { engine: "cli", id: "tester" } as const;
const inputs = { image: "oci:web", imageDigest: imageDigest("a") };
const address = (name: string) => ({ namespace: "default", plural: "services", name });

let agent: TestAgent;
beforeAll(async () => {
  agent = await startAgent();
  const network = { cidr: "10.64.0.0/12", serviceCidr: "240.0.0.0/4", domain: "internal" };
  await agent.client.putCluster({ owner, name: "home", network });
});
afterAll(() => agent.close());

interface Seen {
  readonly id: string;
  readonly event: Event;
}

/** Reads a stream until `enough`, or its end. */
async function collect(
  query: Parameters<TestAgent["client"]["events"]>[0],
  enough: (seen: readonly Seen[]) => boolean,
): Promise<Seen[]> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), 15_000);
  const seen: Seen[] = [];
  for await (const item of agent.client.events(query, stop.signal)) {
    seen.push(item);
    if (enough(seen)) stop.abort();
  }
  clearTimeout(timer);
  return seen;
}

const isHealthy = ({ event }: Seen) => event.type === "instance" && event.instance.healthy;

test("a change is told from document to healthy instance, filtered by service", async () => {
  const following = collect({ service: "web" }, (seen) => seen.some(isHealthy));
  await agent.client.putDocument(address("other"), { owner, inputs }, {});
  await agent.client.putDocument(address("web"), { owner, inputs }, {});
  const seen = await following;
  const types = seen.map(({ event }) => event.type);
  expect(types[0]).toBe("document");
  expect(types).toContain("decision");
  expect(seen.every(({ event }) => !JSON.stringify(event).includes("other"))).toBe(true);
});

test("a stream resumed after an id tells every stored change since, in order, and no earlier one", async () => {
  const whole = await collect({ tail: 100, follow: false }, () => false);
  const stored = whole.filter(({ event }) => event.type !== "progress" && !isPassing(event));
  // The last event of its revision: a document and what was decided with it share one.
  const first = stored.find(({ event }) => event.type === "decision");
  const resumed = await collect({ after: first?.id ?? "", follow: false }, () => false);
  const later = stored.filter(({ id }) => Number(id) > Number(first?.id));
  expect(resumed.map(({ event }) => event.type)).toEqual(later.map(({ event }) => event.type));
  expect(resumed.every(({ id }) => Number(id) > Number(first?.id))).toBe(true);
});

test("deletion names who asked, and instances end as removed", async () => {
  await agent.client.putDocument(address("brief"), { owner, inputs }, {});
  await until("brief runs", async () =>
    (await agent.client.listInstances({ service: "brief" }))[0]?.healthy ? true : undefined,
  );
  const isRemoved = ({ event }: Seen) => event.type === "instance" && event.removed;
  const following = collect({ service: "brief" }, (seen) => seen.some(isRemoved));
  await agent.client.deleteDocument(address("brief"), {});
  const deleted = (await following).find(({ event }) => event.type === "document")?.event;
  expect(deleted).toMatchObject({ action: "deleted", by: expect.stringMatching(/^uid \d+ \(pid \d+\)$/) });
});

test("a document's answer carries its etag, and progress reaches followers", async () => {
  const answer = await new Promise<{ etag: string | undefined; status: number | undefined }>(
    (resolve, reject) => {
      get({ socketPath: agent.socket, path: "/v1/namespaces/default/services/web" }, (response) => {
        response.resume();
        resolve({ etag: response.headers.etag, status: response.statusCode });
      }).on("error", reject);
    },
  );
  expect(answer).toEqual({ status: 200, etag: expect.stringMatching(/^"\d+"$/) });
  const following = collect({ service: "web" }, (seen) => seen.length > 0);
  const [instance] = await agent.client.listInstances({ service: "web" });
  const timer = setInterval(() => agent.host.progress(instance?.id ?? "", "unpacking nginx 41%"), 50);
  expect((await following)[0]?.event).toMatchObject({ type: "progress", message: "unpacking nginx 41%" });
  clearInterval(timer);
});

test("logs come as lines, and an unknown instance is not found", async () => {
  const [instance] = await agent.client.listInstances({ service: "web" });
  const texts: string[] = [];
  for await (const line of agent.client.logs(instance?.id ?? "", { tail: 2 }, new AbortController().signal))
    texts.push(line.text);
  expect(texts).toEqual([`${instance?.id} two`, `${instance?.id} three`]);
  const unknown = agent.client.logs("nobody-0-000000", {}, new AbortController().signal);
  await expect(unknown[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "not-found" });
});

test("exec carries input, output and the exit code, and refusals by code", async () => {
  const [instance] = await agent.client.listInstances({ service: "web" });
  const session = await agent.client.exec(instance?.id ?? "", { command: ["cat"] });
  session.stdin.end("through and back");
  let output = "";
  for await (const chunk of session.stdout) output += Buffer.from(chunk).toString();
  expect({ output, code: await session.exit }).toEqual({ output: "through and back", code: 7 });
  const refused = await agent.client.exec(instance?.id ?? "", { command: ["nonsense"] });
  await expect(refused.exit).rejects.toMatchObject({
    code: "invalid",
    message: expect.stringContaining("nonsense"),
  });
});

test("unknown fields and parameters are refused with the name of what is wrong", async () => {
  const path = "/v1/events?nonsense=1";
  const body = await new Promise<string>((resolve, reject) => {
    get({ socketPath: agent.socket, path }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk)).on("end", () => resolve(text));
    }).on("error", reject);
  });
  expect(JSON.parse(body)).toMatchObject({
    error: { code: "invalid", message: expect.stringContaining("nonsense") },
  });
});

/** Told but not stored: the leader has looked at a revision. */
function isPassing(event: Event): boolean {
  return event.type === "decision" && event.message.endsWith("taken in");
}

test("clients that go away in the middle of a stream leave the agent answering", async () => {
  for (let time = 0; time < 20; time++) {
    await new Promise<void>((resolve, reject) => {
      const call = get({ socketPath: agent.socket, path: "/v1/events?tail=100" }, (response) => {
        response.once("data", () => {
          call.destroy();
          resolve();
        });
        response.on("error", () => undefined);
      }).on("error", reject);
    });
    const [instance] = await agent.client.listInstances({ service: "web" });
    const session = await agent.client.exec(instance?.id ?? "", { command: ["cat"] });
    session.close();
  }
  expect(await agent.client.info()).toMatchObject({ host: "vm" });
});

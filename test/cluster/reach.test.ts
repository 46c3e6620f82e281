import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startCluster, type TestCluster } from "./cluster.ts";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster(2);
  await cluster.serve("web", { replicas: 2 });
});
afterAll(async () => await cluster?.[Symbol.asyncDispose]());

test("instances reach each other by name across hosts, and are reached by logs and exec wherever they run", async () => {
  for (const { id, host } of await cluster.healthy("web")) {
    const answers = await cluster.exec(id, ["wget", "-qO-", "http://web:8000/hostname"]);
    expect(`${host}: ${answers.stdout} ${answers.code}`).toMatch(new RegExp(`^${host}: web-\\d\\n 0$`));
    expect(await cluster.exec(id, ["sh", "-c", "echo out; echo err >&2; exit 7"])).toEqual({
      ...{ stdout: "out\n", stderr: "err\n", code: 7 },
    });
    expect(await cluster.exec(id, ["cat"], "typed in")).toMatchObject({ stdout: "typed in", code: 0 });
  }
  await cluster.serve("talker", {
    ...{ replicas: 2, command: ["sh", "-c", "echo said on $CONSTELLATION_HOST; exec sleep 1000"] },
    healthCheck: undefined,
  });
  for (const { id, host } of await cluster.healthy("talker")) {
    const lines: string[] = [];
    for await (const { text } of cluster.client.logs(id, {}, AbortSignal.timeout(10_000))) lines.push(text);
    expect(lines).toEqual([`said on ${host}`]);
  }
  const sample = await cluster.client.stats();
  expect(sample.hosts.map(({ name }) => name).sort()).toEqual(["host1", "host2"]);
  expect(sample.items).toHaveLength(4);
});

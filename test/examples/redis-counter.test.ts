import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { openExample, type Project } from "./project.ts";

const password = "swordfish-of-the-test";

describe("examples/redis-counter", () => {
  let project: Project;
  beforeAll(async () => {
    project = await openExample("redis-counter");
  });
  afterAll(async () => {
    await project?.[Symbol.asyncDispose]();
  });

  const visit = async () => {
    const { url } = await project.outputs();
    const { stdout } = await project.run(["curl", "-sf", "--max-time", "5", String(url)]);
    const [, greeting, count, instance] = /^(.*): visit (\d+), answered by (.*)\n$/.exec(stdout) ?? [];
    return { greeting, count: Number(count), instance };
  };

  test("asks for the password first", async () => {
    await expect(project.pulumi("preview")).rejects.toThrow(/redisPassword/);
  });

  test("up counts visits, whichever replica answers", async () => {
    await project.pulumi("config", "set", "--secret", "redisPassword", password);
    await project.pulumi("up", "--yes", "--skip-preview");
    const replicas = new Set<string | undefined>();
    for (let count = 1; count <= 100 && replicas.size < 2; count++) {
      const answer = await visit();
      expect(answer).toMatchObject({ greeting: "hello", count });
      replicas.add(answer.instance);
    }
    expect([...replicas].sort()).toEqual(["counter-0", "counter-1"]);
  });

  test("a second up changes nothing", async () => {
    expect(Object.keys(await project.preview())).toEqual(["same"]);
  });

  test("the password is nowhere in the state, nor in the process list", async () => {
    expect(await project.stateText()).not.toContain(password);
    expect((await project.run(["ps", "-A", "-o", "args"])).stdout).not.toContain(password);
  });

  test("another greeting is a rolling replacement, and the count goes on", async () => {
    const { count } = await visit();
    await project.pulumi("config", "set", "greeting", "good morning");
    expect(await project.preview()).toMatchObject({ update: 1 });
    await project.pulumi("up", "--yes", "--skip-preview");
    expect(await visit()).toMatchObject({ greeting: "good morning", count: count + 1 });
  });

  test("a Redis that ended is started again, and counts from 1", async () => {
    const { count } = await visit();
    await project.run(["constellation", "exec", "redis-0", "--", "redis-cli", "shutdown", "nosave"]);
    const end = Date.now() + 30_000;
    let later = await visit();
    while (!(later.count < count) && Date.now() < end) later = await visit();
    expect(later.count).toBeLessThan(count);
  });

  test("destroy leaves no trace", async () => {
    await project.pulumi("destroy", "--yes", "--skip-preview");
    expect(await project.run(["constellation-agent", "traces"])).toMatchObject({ code: 0, stdout: "" });
  });
});

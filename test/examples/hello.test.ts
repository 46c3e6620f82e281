import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { openExample, type Project } from "./project.ts";

describe.each(["typescript", "yaml", "python"])("examples/hello/%s", (language) => {
  let project: Project;
  beforeAll(async () => {
    project = await openExample(`hello/${language}`);
  });
  afterAll(async () => {
    await project?.[Symbol.asyncDispose]();
  });

  test("up runs two replicas behind one address", async () => {
    await project.pulumi("up", "--yes", "--skip-preview");
    const { url } = await project.outputs();
    const answers = new Set<string>();
    for (let left = 100; left > 0 && answers.size < 2; left--) {
      answers.add((await project.run(["curl", "-sf", "--max-time", "5", String(url)])).stdout.trim());
    }
    expect([...answers].sort()).toEqual(["hello-0", "hello-1"]);
  });

  test("a second up changes nothing", async () => {
    expect(Object.keys(await project.preview())).toEqual(["same"]);
  });

  test("destroy leaves no trace", async () => {
    await project.pulumi("destroy", "--yes", "--skip-preview");
    expect(await project.run(["constellation-agent", "traces"])).toMatchObject({ code: 0, stdout: "" });
  });
});

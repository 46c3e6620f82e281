import { describe, expect, test } from "@jest/globals";
import { commands, globalOptions } from "../commands/index.ts";
import { candidatesOf, matching } from "./names.ts";
import { planCompletion } from "./plan.ts";

const plan = (...words: string[]) => planCompletion(words, commands, globalOptions);
const values = (...words: string[]) => {
  const found = plan(...words);
  return found.kind === "fixed" ? found.candidates.map(({ value }) => value) : found.kind;
};

describe("the last word may become", () => {
  test("a command, none of them hidden", () => {
    expect(values("")).toEqual(commands.map(({ name }) => name));
    expect(values("--json", "")).toEqual(commands.map(({ name }) => name));
  });

  test("an option of the command, or one that all take", () => {
    expect(values("logs", "-")).toEqual(expect.arrayContaining(["--follow", "-f", "--json", "--namespace"]));
    expect(values("logs", "web", "--")).toEqual(expect.arrayContaining(["--tail"]));
    expect(values("ps", "-")).not.toContain("--follow");
  });

  test("an option's value", () => {
    expect(values("new", "--language", "")).toEqual(["typescript", "yaml", "python"]);
    expect(values("new", "-l", "")).toEqual(["typescript", "yaml", "python"]);
    expect(values("logs", "--tail", "")).toBe("nothing");
    expect(values("new", "")).toBe("folders");
    expect(values("completion", "")).toEqual(["bash", "zsh", "fish"]);
  });

  test("a name, looked for where the options say", () => {
    expect(plan("--root", "/x", "logs", "-n", "shop", "")).toEqual({
      kind: "names",
      of: "workload",
      given: { root: "/x", namespace: "shop" },
    });
    expect(plan("exec", "-it", "w")).toMatchObject({ of: "instance" });
    expect(plan("ps", "--service", "w")).toMatchObject({ of: "service" });
    expect(plan("ps", "-n", "")).toMatchObject({ of: "namespace" });
  });

  test("a context, and names of the cluster behind one", () => {
    expect(plan("-c", "p")).toMatchObject({ of: "context" });
    expect(plan("context", "use", "")).toMatchObject({ of: "context" });
    expect(plan("-c", "prod", "logs", "")).toMatchObject({ of: "workload", given: { connect: "prod" } });
  });

  test("nothing where another program's words begin, or none is known", () => {
    expect(values("exec", "web-0", "--", "l")).toBe("nothing");
    expect(values("exec", "web-0", "l")).toBe("nothing");
    expect(values("nonsense", "")).toBe("nothing");
    expect(values("ps", "")).toBe("nothing");
  });
});

describe("names", () => {
  const known = {
    documents: [
      { kind: "Service", namespace: "default", name: "web" },
      { kind: "ConfigFile", namespace: "default", name: "web-code" },
    ],
    instances: [
      { id: "web-0-aaa", name: "web-0", namespace: "default", state: "running", host: "a" },
      { id: "db-0-bbb", name: "db-0", namespace: "shop", state: "running", host: "a" },
    ] as never,
  };
  const offered = (
    namespace: string | undefined,
    typed: string,
    of: Parameters<typeof candidatesOf>[0] = "instance",
  ) => matching(candidatesOf(of, known, namespace, typed), typed).map(({ value }) => value);

  test("are slots first, ids once a slot is typed out", () => {
    expect(offered(undefined, "w")).toEqual(["web-0"]);
    expect(offered(undefined, "web-0-")).toEqual(["web-0-aaa"]);
  });

  test.each([
    ["workload", ["web", "web-0"]],
    ["service", ["web"]],
    ["target", ["web", "web-0", "web-code"]],
  ] as const)("of a %s are of what it may be", (of, names) => {
    expect(offered(undefined, "w", of)).toEqual(names);
  });

  test("of other namespaces are qualified, or left out where one was said", () => {
    expect(offered(undefined, "")).toEqual(["shop/db-0", "web-0"]);
    expect(offered("shop", "")).toEqual(["db-0"]);
  });
});

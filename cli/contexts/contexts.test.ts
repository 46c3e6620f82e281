import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  addContext,
  type Book,
  chooseDestination,
  contextsFile,
  emptyBook,
  listContexts,
  readBook,
  removeContext,
  useContext,
  writeBook,
} from "./index.ts";

const two = addContext(addContext(emptyBook, "prod", "root@10.0.0.1"), "lab", "lab-1");

describe("contexts", () => {
  test("are listed by name, this machine first", () => {
    expect(listContexts(useContext(two, "prod"))).toEqual([
      { name: "default", connect: null, isCurrent: false },
      { name: "lab", connect: "lab-1", isCurrent: false },
      { name: "prod", connect: "root@10.0.0.1", isCurrent: true },
    ]);
  });

  test("a removed one is asked no more", () => {
    expect(removeContext(useContext(two, "prod"), "prod")).toEqual({
      contexts: { lab: { connect: "lab-1" } },
    });
    expect(useContext(useContext(two, "lab"), "default").current).toBe(undefined);
  });

  test("the same said twice is no mistake, another machine is", () => {
    expect(addContext(two, "lab", "lab-1")).toEqual(two);
    expect(() => addContext(two, "lab", "lab-2")).toThrow("it is there, for lab-1; remove it first");
  });

  test.each([
    ["a b", "root@x"],
    ["root@x", "root@x"],
    ["default", "root@x"],
    ["prod", "-oProxyCommand=x"],
    ["prod", "root@x -p 22"],
  ])("%j for %j is refused", (name, connect) => {
    expect(() => addContext(emptyBook, name, connect)).toThrow(/it cannot be one/);
  });

  test.each([useContext, removeContext])("%O of an unknown one names those there are", (act) => {
    expect(() => act(two, "prd")).toThrow("there are default, lab, prod");
    expect(() => act(two, "toString")).toThrow("there is none");
  });
});

describe("a run asks", () => {
  const current = useContext(two, "lab");
  const choose = (said: { connect?: string; root?: string }, env = {}, book: Book = current) =>
    chooseDestination({ ...said, env }, () => book);
  const unread = () => {
    throw new Error("the file was read");
  };

  test("the context or machine of -c before all else", () => {
    const env = { CONSTELLATION_CONNECT: "b", CONSTELLATION_CONTEXT: "lab", CONSTELLATION_ROOT: "/r" };
    expect(choose({ connect: "prod", root: "/x" }, env)).toBe("root@10.0.0.1");
    expect(choose({ connect: "far" }, env)).toBe("far");
    expect(choose({ connect: "default" }, env)).toBe(undefined);
    expect(chooseDestination({ connect: "root@prod", env }, unread)).toBe("root@prod");
  });

  test("then what the environment says, then this machine's other agent, then the current context", () => {
    expect(choose({}, { CONSTELLATION_CONNECT: "b", CONSTELLATION_CONTEXT: "prod" })).toBe("b");
    expect(choose({}, { CONSTELLATION_CONTEXT: "prod", CONSTELLATION_ROOT: "/r" })).toBe("root@10.0.0.1");
    expect(() => choose({}, { CONSTELLATION_CONTEXT: "prd" })).toThrow("use context prd: there is none");
    expect(chooseDestination({ root: "/x", env: {} }, unread)).toBe(undefined);
    expect(chooseDestination({ env: { CONSTELLATION_ROOT: "/r" } }, unread)).toBe(undefined);
    expect(choose({})).toBe("lab-1");
    expect(choose({}, {}, two)).toBe(undefined);
  });
});

describe("the file", () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "contexts-"));
    path = contextsFile({ XDG_CONFIG_HOME: folder });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test("is where XDG says, else in ~/.config", () => {
    expect(path).toBe(join(folder, "constellation", "contexts.json"));
    expect(contextsFile({ HOME: "/home/a", XDG_CONFIG_HOME: "odd" })).toBe(
      "/home/a/.config/constellation/contexts.json",
    );
  });

  test("is written as a whole, for its owner alone, and read as it was", () => {
    expect(readBook(path)).toEqual(emptyBook);
    writeBook(path, two);
    writeBook(path, useContext(two, "prod"));
    expect(readBook(path)).toEqual(useContext(two, "prod"));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(dirname(path))).toEqual(["contexts.json"]);
  });

  test.each([
    ["{", /it is no JSON/],
    ['{"contexts":{"a":{"connect":"x","port":1}}}', /no list of contexts/],
    ['{"contexts":{},"current":"a"}', /no list of contexts/],
    ['{"contexts":{"a":{"connect":"-oProxyCommand=x"}}}', /no list of contexts/],
  ])("%s is refused, with its path", (text, message) => {
    writeBook(path, emptyBook);
    writeFileSync(path, text);
    expect(() => readBook(path)).toThrow(message);
    expect(() => readBook(path)).toThrow(path);
  });
});

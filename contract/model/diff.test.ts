import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { resources } from "../resources/index.ts";
import { diffInputs } from "./diff.ts";
import type { Resource } from "./resource.ts";
import { checkInputs, UNKNOWN } from "./validate.ts";

const { Service, Secret, Cluster } = resources as Record<keyof typeof resources, Resource>;

type Inputs = Record<string, unknown>;

function changes(olds: Inputs, news: Inputs, kind: Resource = Service): string[] {
  return diffInputs(kind, olds, news).map(
    ({ path, kind: sort, replace }) => `${sort} ${path}${replace ? " (replace)" : ""}`,
  );
}

describe("diffInputs", () => {
  test.each<[string, Inputs, Inputs, string[]]>([
    ["nothing", { image: "a" }, { image: "a" }, []],
    ["a scalar", { image: "a" }, { image: "b" }, ["update image"]],
    ["absent and the default", { image: "a" }, { image: "a", replicas: 1, stopGracePeriod: "10s" }, []],
    ["absent and another value", { image: "a", replicas: 3 }, { image: "a" }, ["update replicas"]],
    ["null and absent", { image: "a", user: null }, { image: "a" }, []],
    ["a nested default", { ports: [{ port: 80 }] }, { ports: [{ port: 80, protocol: "tcp" }] }, []],
    ["spellings of a duration", { stopGracePeriod: "60s" }, { stopGracePeriod: "1m" }, []],
    ["another duration", { stopGracePeriod: "60s" }, { stopGracePeriod: "61s" }, ["update stopGracePeriod"]],
    ["spellings of a quantity", { shmSize: "64Mi" }, { shmSize: "65536Ki" }, []],
    [
      "spellings of a mode",
      { configs: [{ config: "a", target: "/a", mode: "0444" }] },
      { configs: [{ config: "a", target: "/a", mode: "444" }] },
      [],
    ],
    ["a list's item", { args: ["a", "b"] }, { args: ["a", "c"] }, ["update args[1]"]],
    ["a longer list", { args: ["a"] }, { args: ["a", "b", "c"] }, ["add args[1]", "add args[2]"]],
    ["a shorter list", { args: ["a", "b"] }, { args: ["a"] }, ["delete args[1]"]],
    ["an empty list and none", { args: [] }, {}, ["delete args"]],
    [
      "a map's keys",
      { env: { A: "1", B: "2" } },
      { env: { B: "3", C: "4" } },
      ["delete env.A", "update env.B", "add env.C"],
    ],
    ["a whole object", {}, { healthCheck: { tcp: { port: 80 } } }, ["add healthCheck"]],
    [
      "another member of a one-of",
      { healthCheck: { tcp: { port: 80 } } },
      { healthCheck: { http: { port: 80 } } },
      ["add healthCheck.http", "delete healthCheck.tcp"],
    ],
    [
      "an unknown",
      { image: "a", env: { A: "1" } },
      { image: UNKNOWN, env: { A: UNKNOWN, B: UNKNOWN } },
      ["update env.A", "add env.B", "update image"],
    ],
    ["an unknown default", { image: "a" }, { image: "a", replicas: UNKNOWN }, ["update replicas"]],
    ["fields of a newer version", { image: "a", later: 1 }, { image: "a" }, []],
    ["the name", { name: "a", namespace: "x" }, { name: "b", namespace: "x" }, ["update name (replace)"]],
    ["the cluster's id", { clusterId: "a" }, { clusterId: "b" }, ["update clusterId (replace)"]],
    ["common fields only one side gives", { name: "a", cluster: "x" }, { cluster: "y", namespace: "n" }, []],
  ])("%s", (_name, olds, news, expected) => {
    expect(changes(olds, news)).toEqual(expected);
  });

  test("fields that make a new resource", () => {
    expect(changes({}, { network: { domain: "lan" } }, Cluster)).toEqual(["update network.domain (replace)"]);
    expect(changes({ root: "/a" }, { forceDestroy: true }, Cluster)).toEqual([
      "update forceDestroy",
      "delete root (replace)",
    ]);
  });

  test("secret leaves by their content", () => {
    const leaf = (digest: string) => ({ value: { $secret: { digest } } });
    expect(changes(leaf("a"), leaf("a"), Secret)).toEqual([]);
    expect(changes(leaf("a"), leaf("b"), Secret)).toEqual(["update value"]);
  });
});

describe("for any service", () => {
  const port = fc.record(
    { port: fc.integer({ min: 1, max: 9 }), publish: fc.nat(9) },
    { requiredKeys: ["port"] },
  );
  const service = fc.record(
    {
      image: fc.constantFrom("a", "b"),
      replicas: fc.constantFrom<unknown>(1, 2, UNKNOWN),
      env: fc.dictionary(fc.constantFrom("A", "B"), fc.constantFrom<unknown>("1", "2", UNKNOWN), {
        noNullPrototype: true,
      }),
      ports: fc.array(port, { maxLength: 3 }),
      stopGracePeriod: fc.constantFrom("1m", "60s", "10s"),
    },
    { requiredKeys: ["image"] },
  );
  const known = service.filter(
    (inputs) => !JSON.stringify(inputs, (_, value) => (value === UNKNOWN ? "?" : value)).includes("?"),
  );

  test("it does not differ from itself, nor from itself with defaults", () => {
    fc.assert(
      fc.property(known, (inputs) => {
        expect(changes(inputs, inputs)).toEqual([]);
        expect(changes(inputs, checkInputs(Service, inputs).inputs)).toEqual([]);
      }),
    );
  });

  test("it differs one way exactly where it differs the other way", () => {
    fc.assert(
      fc.property(known, known, (a, b) => {
        const paths = (changed: ReturnType<typeof diffInputs>) => changed.map(({ path }) => path);
        expect(paths(diffInputs(Service, a, b))).toEqual(paths(diffInputs(Service, b, a)));
      }),
    );
  });

  test("every unknown is a change", () => {
    fc.assert(
      fc.property(known, service, (olds, news) => {
        const changed = diffInputs(Service, olds, news).map(({ path }) => path);
        if (news.replicas === UNKNOWN) expect(changed).toContain("replicas");
      }),
    );
  });
});

import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import * as z from "zod";
import { resources } from "../resources/index.ts";
import { about } from "./field.ts";
import { type Resource, resource } from "./resource.ts";
import { checkInputs, UNKNOWN } from "./validate.ts";

const { Service, Secret, ConfigFile, Cluster } = resources as Record<keyof typeof resources, Resource>;

function said(
  kind: Resource,
  inputs: Record<string, unknown>,
  secretPaths: readonly string[] = [],
): string[] {
  const { violations } = checkInputs(kind, inputs, { secretPaths: new Set(secretPaths) });
  return violations.map(({ path, reason }) => `${path}: ${reason}`);
}

const image = "docker.io/library/nginx:1.27";

describe("checkInputs", () => {
  test("refuses names that mean nothing to the kernel, with the one that was meant", () => {
    const inputs = {
      image,
      stopSignal: "SIGTREM",
      ulimits: { nofiles: { soft: 1, hard: 1 }, nproc: { soft: 9, hard: 8 }, core: { soft: -1, hard: 0 } },
      security: { capabilities: { add: ["cap_net_admin", "NET_ADMN"], drop: ["all"] } },
      extraHosts: { db: "10.0.0.1\n6.6.6.6 bank", "a b": "::1" },
    };
    expect(said(Service, inputs)).toEqual([
      'extraHosts["a b"]: "a b" is no host\'s name',
      'extraHosts.db: "10.0.0.1\n6.6.6.6 bank" is no IP address',
      'security.capabilities.add[1]: "NET_ADMN" is no capability; did you mean "NET_ADMIN"?',
      'stopSignal: "SIGTREM" is no signal; did you mean "SIGTERM"?',
      "ulimits.core.soft: must not be above hard, 0",
      'ulimits.nofiles: "nofiles" is no ulimit; did you mean "nofile"?',
      "ulimits.nproc.soft: must not be above hard, 8",
    ]);
    const right = { ulimits: { nofile: { soft: 1, hard: -1 } }, stopSignal: "SIGRTMIN+3" };
    expect(said(Service, { image, ...right, extraHosts: { "db.example.org": "::1" } })).toEqual([]);
  });

  test("names every mistake at once, in order of path", () => {
    const inputs = {
      imgae: "nginx",
      replicas: -1,
      ports: [{ port: "80", publish: 70_000 }, null],
      env: { "1X": "a", OK: 2 },
      update: { strategy: "fast", minHealthyTime: "5" },
      healthCheck: { retries: 1.5, http: { port: 80, path: "x" } },
    };
    expect(said(Service, inputs)).toEqual([
      'env.1X: "1X" is no variable\'s name; use letters, digits, _, . and -, and start with a letter or _',
      "env.OK: must be a string, not a number",
      "healthCheck.http.path: must start with /",
      "healthCheck.retries: must be a whole number, not 1.5",
      "image: is required",
      'imgae: no such field; did you mean "image"?',
      "ports[0].port: must be a number, not a string",
      "ports[0].publish: must be at most 65535, not 70000",
      "ports[1]: must be an object, not null",
      "replicas: must be at least 0, not -1",
      'update.minHealthyTime: "5" is no duration; write it like "30s" or "1m30s"',
      'update.strategy: must be one of start-first, stop-first, not "fast"',
    ]);
  });

  test.each<[string, Record<string, unknown>, string[]]>([
    ["a list for a map", { labels: [] }, ["labels: must be a map, not a list"]],
    ["a string for a list", { aliases: "x" }, ["aliases: must be a list, not a string"]],
    [
      "a string for a boolean",
      { security: { readOnlyRoot: "yes" } },
      ["security.readOnlyRoot: must be true or false, not a string"],
    ],
    ["a boolean for a string", { user: true }, ["user: must be a string, not a boolean"]],
    ["an empty string", { user: "" }, ["user: must not be empty"]],
    ["not a number", { resources: { cpu: Number.NaN } }, ["resources.cpu: must be a number, not NaN"]],
    [
      "too many items",
      { ports: Array.from({ length: 65 }, (_, at) => ({ port: at + 1 })) },
      ["ports: must have at most 64 items, not 65"],
    ],
    [
      "too many variables",
      { env: Object.fromEntries(Array.from({ length: 1_001 }, (_, at) => [`V${at}`, ""])) },
      ["env: must have at most 1000 variables"],
    ],
    ["an empty list", { liveness: { exec: { command: [] } } }, ["liveness.exec.command: must not be empty"]],
    [
      "a bad quantity",
      { shmSize: "64MB" },
      ['shmSize: "64MB" is no quantity; write it like "256Mi" or "1G"'],
    ],
    [
      "a bad file mode",
      { configs: [{ config: "c", target: "/c", mode: "rw" }] },
      ['configs[0].mode: "rw" is no file mode; write octal digits like "0644"'],
    ],
    [
      "a misspelt nested field",
      { resources: { limits: { memroy: "64Mi" } } },
      ['resources.limits.memroy: no such field; did you mean "memory"?'],
    ],
    [
      "a misspelt field in a list",
      { ports: [{ port: 1, published: 80 }] },
      ['ports[0].published: no such field; did you mean "publish"?'],
    ],
    ["a misspelt common field", { nmespace: "shop" }, ['nmespace: no such field; did you mean "namespace"?']],
    ["a longer word for a field", { environment: {} }, ['environment: no such field; did you mean "env"?']],
    ["a field with nothing near", { cloudProvider: "x" }, ["cloudProvider: no such field"]],
    [
      "a long value, cut short",
      { discovery: "x".repeat(80) },
      [`discovery: must be one of virtual, instances, not "${"x".repeat(59)}...`],
    ],
  ])("%s", (_name, inputs, expected) => {
    expect(said(Service, { image, ...inputs })).toEqual(expected);
  });

  test("rules across fields run beside mistakes elsewhere", () => {
    const inputs = { image, replicas: -1, healthCheck: {}, ports: [{ port: 80 }, { port: 80 }] };
    expect(said(Service, inputs)).toEqual([
      "healthCheck: needs exactly one of http, tcp, exec; it has none",
      "ports[1]: tcp port 80 is given twice",
      "replicas: must be at least 0, not -1",
    ]);
  });

  test.each<[isRefused: boolean, one: unknown, other: unknown]>([
    [true, undefined, undefined],
    [true, "127.0.0.1", undefined],
    [true, "0.0.0.0", "127.0.0.1"],
    [true, "127.0.0.1", "127.0.0.1"],
    [false, "127.0.0.1", "192.0.2.1"],
    [false, "127.0.0.1", UNKNOWN],
  ])("a number published twice: %s for the addresses %s and %s", (isRefused, one, other) => {
    const ports = [one, other].map((hostIp, index) => ({
      ...{ port: 80 + index, publish: 8080 },
      ...(hostIp !== undefined && { hostIp }),
    }));
    expect(said(Service, { image, ports })).toEqual(
      isRefused ? ["ports[1]: published tcp port 8080 is given twice"] : [],
    );
  });

  test("rules across fields say nothing about a field that is wrong by itself", () => {
    expect(said(Service, { image, ports: "80", mounts: [{ target: 3 }] })).toEqual([
      "mounts[0].target: must be a string, not a number",
      "ports: must be a list, not a string",
    ]);
  });

  test.each<[Resource, Record<string, unknown>, string[]]>([
    [Secret, {}, ["value: needs exactly one of value, values"]],
    [ConfigFile, { content: "a", files: {} }, ["content: needs exactly one of content, files"]],
    [
      ConfigFile,
      { files: { "/etc/x": "" } },
      ['files["/etc/x"]: "/etc/x" is no relative path; leave out a leading / and ..'],
    ],
    [
      Cluster,
      { network: { cidr: "10.0.0.0" } },
      ['network.cidr: "10.0.0.0" is no IPv4 range; write it like "10.64.0.0/12"'],
    ],
    [Cluster, { root: "x" }, ["root: must be an absolute path"]],
  ])("%# of another kind", (kind, inputs, expected) => {
    expect(said(kind, inputs)).toEqual(expected);
  });
});

describe("checkInputs with unknown values", () => {
  test.each<[string, Record<string, unknown>, string[]]>([
    ["anywhere", { image: UNKNOWN, replicas: UNKNOWN, env: UNKNOWN, ports: [UNKNOWN], update: UNKNOWN }, []],
    ["a member of a one-of", { image, healthCheck: { http: UNKNOWN } }, []],
    ["the whole probe", { image, healthCheck: UNKNOWN }, []],
    [
      "a value that could be a duplicate",
      { image, ports: [{ port: UNKNOWN }, { port: UNKNOWN }, { port: 80 }] },
      [],
    ],
    ["beside mistakes", { image: UNKNOWN, replicas: -1 }, ["replicas: must be at least 0, not -1"]],
    [
      "beside duplicates",
      { image, ports: [{ port: UNKNOWN }, { port: 80 }, { port: 80 }] },
      ["ports[2]: tcp port 80 is given twice"],
    ],
    [
      "under a misspelt name",
      { image, replcas: UNKNOWN },
      ['replcas: no such field; did you mean "replicas"?'],
    ],
  ])("%s", (_name, inputs, expected) => {
    expect(said(Service, inputs)).toEqual(expected);
  });

  test("one of two that exclude each other", () => {
    expect(said(Secret, { values: UNKNOWN })).toEqual([]);
    expect(said(Secret, { value: UNKNOWN, values: { a: "b" } })).toEqual([]);
  });
});

describe("checkInputs with secrets", () => {
  test("never quotes one", () => {
    const inputs = {
      image,
      stopGracePeriod: "hunter2",
      replicas: -12_345,
      hostname: "hunter2!",
      discovery: "hunter2",
    };
    const secret = ["stopGracePeriod", "replicas", "hostname", "discovery"];
    expect(said(Service, inputs, secret)).toEqual([
      "discovery: must be one of virtual, instances",
      "hostname: must match /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/",
      "replicas: must be at least 0",
      "stopGracePeriod: is not valid; its value is secret and not shown",
    ]);
  });

  test("never quotes one that a rule across fields met", () => {
    const mounts = [
      { target: "/hunter2", tmpfs: {} },
      { target: "/hunter2", tmpfs: {} },
    ];
    expect(said(Service, { image, mounts }, ["mounts[0].target", "mounts[1]"])).toEqual([
      "mounts[1]: target (secret 1) is given twice",
    ]);
  });

  test("never quotes a field that is always secret", () => {
    expect(said(Secret, { value: 5 })).toEqual(["value: must be a string, not a number"]);
    expect(said(Secret, { values: { a: "x".repeat(200_000) } })).toEqual([
      "values.a: must have at most 131072 characters, not 200000",
    ]);
  });
});

describe("defaults", () => {
  test("are filled in at every depth whose parent is given", () => {
    const { inputs, violations } = checkInputs(Service, {
      image,
      ports: [{ port: 80 }],
      healthCheck: { http: { port: 80 } },
      update: UNKNOWN,
      user: null,
    });
    expect(violations).toEqual([]);
    expect(inputs).toEqual({
      image,
      ports: [{ port: 80, protocol: "tcp" }],
      healthCheck: {
        http: { path: "/", port: 80, scheme: "http" },
        interval: "10s",
        timeout: "5s",
        retries: 3,
        successes: 1,
        startPeriod: "0s",
      },
      stopGracePeriod: "10s",
      pullPolicy: "missing",
      replicas: 1,
      perHost: false,
      update: UNKNOWN,
      discovery: "virtual",
      waitFor: "healthy",
    });
  });

  test("are objects of their own each time", () => {
    const [a, b] = [checkInputs(Cluster, {}).inputs, checkInputs(Cluster, {}).inputs];
    expect(a).toEqual(b);
    expect(a.network).not.toBe(b.network);
  });
});

test("deprecated fields are warned about where they are given", () => {
  const Old = resource({
    kind: "Old",
    plural: "olds",
    doc: "",
    namespaced: true,
    inputs: z.strictObject({
      list: z.array(z.strictObject({ size: about(z.string(), { deprecated: "use `memory`" }).optional() })),
    }),
    stable: z.object({}),
    revised: z.object({}),
    replaceWhenChanged: [],
  });
  expect(checkInputs(Old, { list: [{}, { size: "1" }] }).warnings).toEqual([
    { path: "list[1].size", reason: "deprecated: use `memory`" },
  ]);
});

describe("for any input at all", () => {
  const leaf = fc.oneof(
    fc.constant(UNKNOWN),
    fc.string(),
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
  );
  const names = Service.fields.inputs.flatMap(({ key, fields, item }) => [
    key,
    ...(fields ?? item?.fields ?? []).map((field) => field.key),
  ]);
  const key = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...names) },
    fc.string(),
    fc.constant("__proto__"),
  );
  const { value } = fc.letrec<{ value: unknown; list: unknown[]; record: Record<string, unknown> }>(
    (tie) => ({
      value: fc.oneof({ depthSize: "small" }, leaf, tie("list"), tie("record")),
      list: fc.array(tie("value"), { maxLength: 3 }),
      record: fc.dictionary(key, tie("value"), { maxKeys: 5, noNullPrototype: true }),
    }),
  );
  const anyInputs = fc.dictionary(key, value, { maxKeys: 8, noNullPrototype: true });
  const kinds = fc.constantFrom<Resource>(Service, Secret, ConfigFile, Cluster);

  test("it answers, and checking its own answer changes nothing", () => {
    fc.assert(
      fc.property(kinds, anyInputs, (kind, inputs) => {
        const once = checkInputs(kind, inputs);
        const twice = checkInputs(kind, once.inputs);
        expect(twice).toEqual(once);
      }),
      { numRuns: 300 },
    );
  });

  test("it leaves what it was given alone", () => {
    fc.assert(
      fc.property(kinds, anyInputs, (kind, inputs) => {
        const before = structuredCloneWithUnknown(inputs);
        checkInputs(kind, inputs);
        expect(inputs).toEqual(before);
      }),
      { numRuns: 100 },
    );
  });

  test("it never quotes a secret", () => {
    fc.assert(
      fc.property(anyInputs, (inputs) => {
        const marked = markStrings(inputs);
        const secretPaths = new Set(Object.keys(inputs));
        const reasons = said(Service, marked as Record<string, unknown>, [...secretPaths]).join("\n");
        expect(reasons).not.toContain("hunter2");
      }),
      { numRuns: 200 },
    );
  });
});

function structuredCloneWithUnknown(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(structuredCloneWithUnknown);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, structuredCloneWithUnknown(item)]),
  );
}

function markStrings(value: unknown): unknown {
  if (typeof value === "string") return "hunter2";
  if (Array.isArray(value)) return value.map(markStrings);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, markStrings(item)]));
}

import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  ConstellationError,
  checkInputs,
  decodeFrame,
  decodeRequest,
  decodeResult,
  durationMs,
  isSecretLeaf,
  limits,
  mapSecrets,
  parsePath,
  parseReference,
  quantityBytes,
  type Resource,
  resources,
} from "./index.ts";

/** The longest that one bad input may hold the agent up, in ms, on a machine that is busy with other things: usual is a tenth. */
const patienceMs = 10_000;

/** Runs it; whatever it says of its input, it must be words for people. */
function survives(parse: () => unknown): void {
  const started = performance.now();
  try {
    parse();
  } catch (error) {
    if (!(error instanceof ConstellationError) || error.code === "bug") throw error;
  }
  expect(performance.now() - started).toBeLessThan(patienceMs);
}

const texts: Readonly<Record<string, (text: string) => unknown>> = {
  parseReference,
  quantityBytes,
  durationMs,
  parsePath,
  decodeRequest,
  decodeResult,
};
const pieces = [
  "1",
  "Mi",
  "h",
  "ms",
  ".",
  "-",
  ":",
  "/",
  "@",
  "[",
  "]",
  "sha256:",
  "oci:",
  "\u0000",
  "é",
  " ",
  '{"',
];
const odd = fc.oneof(
  fc.string(),
  fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((all) => all.join("")),
  fc.string({ unit: "binary" }),
);

describe.each(Object.entries(texts))("%s", (_, parse) => {
  test("takes any text", () => {
    fc.assert(fc.property(odd, (text) => survives(() => parse(text))));
  });

  test.each(pieces)("takes a long run of %j in no time", (piece) => {
    survives(() => parse(`${piece.repeat(limits.documentBytes / piece.length)}!`));
  });
});

test("decodeFrame takes any bytes", () => {
  const bytes = fc.uint8Array({ maxLength: 512 }).map((all) => Buffer.from(all));
  fc.assert(
    fc.property(bytes, (block) => {
      survives(() => decodeFrame(block));
    }),
  );
});

/** JSON as a program could send it, keys of the resource among the others. */
function anything({ fields }: Resource): fc.Arbitrary<Record<string, unknown>> {
  const nested = fields.inputs.flatMap(({ fields: own = [] }) => own.map(({ key }) => key));
  const key = fc.oneof(
    fc.constantFrom(
      ...fields.inputs.map((field) => field.key),
      ...nested,
      "__proto__",
      "constructor",
      "$secret",
    ),
    odd,
  );
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5, depthSize: "small" },
      fc.oneof(odd, fc.integer(), fc.double(), fc.boolean(), fc.constant(null)),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.array(fc.tuple(key, tie("value")), { maxLength: 5 }).map(record),
    ),
  }));
  return fc.array(fc.tuple(key, value), { maxLength: 12 }).map(record);
}

/** As JSON.parse makes it: `__proto__` is a key like others. */
function record(entries: readonly [string, unknown][]): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const [key, value] of entries)
    Object.defineProperty(made, key, { value, enumerable: true, writable: true, configurable: true });
  return made;
}

const manyOf = (key: string, value: object) => ({ image: "oci:a:b", [key]: Array(20_000).fill(value) });

describe.each(Object.entries<Resource>(resources))("inputs of %s", (_, resource) => {
  test("whatever they are, are checked to the end, and nothing leaks into other objects", () => {
    fc.assert(
      fc.property(anything(resource), (inputs) => {
        survives(() => checkInputs(resource, inputs));
        survives(() => mapSecrets(inputs, () => undefined));
        expect(isSecretLeaf(inputs)).toBe("$secret" in inputs && isSecretLeaf({ $secret: inputs.$secret }));
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
    );
  });

  test.each([
    ["many wrong things of the right shape", manyOf("mounts", { target: "/a" })],
    ["many of what may be there once", manyOf("secrets", { secret: "a" })],
    ["one unknown field with a long name", { ["x".repeat(limits.bodyBytes)]: 1 }],
    [
      "many unknown fields",
      Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`imagf${at}`, at])),
    ],
    [
      "a long text everywhere",
      Object.fromEntries(resource.fields.inputs.map(({ key }) => [key, "a".repeat(200_000)])),
    ],
    [
      "a long list everywhere",
      Object.fromEntries(resource.fields.inputs.map(({ key }) => [key, Array(20_000).fill("")])),
    ],
  ])("%s take no time", (_, inputs) => {
    survives(() => checkInputs(resource, inputs));
  });
});

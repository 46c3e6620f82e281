import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { UNKNOWN } from "../../contract/index.ts";
import { close, open } from "./wire.ts";

const key = fc
  .string({ minLength: 1, maxLength: 6 })
  .filter((text) => !/[.[\]]|__defaults|__proto__/.test(text));
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    fc.string(),
    fc.boolean(),
    fc.integer(),
    fc.constant(UNKNOWN),
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(key, tie("tree"), { maxKeys: 3 }),
  ),
}));

describe("properties on the wire", () => {
  test("what is closed opens to the same values", () => {
    fc.assert(
      fc.property(fc.dictionary(key, tree, { maxKeys: 4 }), (value) => {
        const opened = open(close({ value: value as Record<string, unknown>, secretPaths: new Set() }));
        expect(normal(opened.value)).toEqual(normal(value));
      }),
    );
  });

  test("secrets keep their place, one within another too", () => {
    const value = { env: { TOKEN: "hush", list: ["a", "b"] }, plain: 1 };
    const secretPaths = new Set(["env", "env.TOKEN", "env.list[1]"]);
    const opened = open(close({ value, secretPaths }));
    expect(opened.value).toEqual(value);
    expect([...opened.secretPaths].sort()).toEqual([...secretPaths].sort());
  });

  test("a secret value stands nowhere without its wrapping", () => {
    const struct = close({ value: { token: "hush" }, secretPaths: new Set(["token"]) }).toJavaScript();
    expect(struct.token).toEqual({
      "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
      value: "hush",
    });
  });

  test("an output value without a value is unknown, a secret one is secret", () => {
    const output = { "4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4", secret: true };
    const opened = open(close({ value: { a: output }, secretPaths: new Set() }));
    expect(opened.value.a).toBe(UNKNOWN);
    expect(opened.secretPaths.has("a")).toBe(true);
  });
});

/** -0 and 0 are one number on the wire; objects come back with a plain prototype. */
function normal(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, node) => (node === UNKNOWN ? "<unknown>" : node)) ?? "null");
}

import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { resources } from "../../contract/index.ts";
import {
  createSealer,
  digestsOnly,
  loadSecretKeys,
  markedSecrets,
  openStored,
  openWritten,
  SecretText,
  sealInputs,
} from "./index.ts";

const sealer = createSealer({ sealing: randomBytes(32), digest: randomBytes(32) });
const secretOf = (value: string) => ({ $secret: { value } });

describe("sealer", () => {
  test("opens what it sealed, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const sealed = sealer.seal(new SecretText(text));
        expect(sealer.open(sealed).reveal()).toBe(text);
        if (text.length > 3) expect(sealed).not.toContain(text);
      }),
    );
  });

  test("refuses what was changed, and what another key sealed", () => {
    const sealed = sealer.seal(new SecretText("x"));
    const other = createSealer({ sealing: randomBytes(32), digest: randomBytes(32) });
    expect(() => sealer.open(`${sealed.slice(0, -4)}AAA=`)).toThrow("was not sealed with this cluster's key");
    expect(() => other.open(sealed)).toThrow("was not sealed with this cluster's key");
    expect(() => sealer.open("")).toThrow();
  });

  test("digests are keyed and stable", () => {
    const other = createSealer({ sealing: randomBytes(32), digest: randomBytes(32) });
    expect(sealer.digest(new SecretText("x"))).toBe(sealer.digest(new SecretText("x")));
    expect(sealer.digest(new SecretText("x"))).not.toBe(other.digest(new SecretText("x")));
  });
});

test("a secret text prints itself nowhere", () => {
  const secret = new SecretText("hunter2");
  for (const shown of [String(secret), JSON.stringify({ secret }), inspect({ secret }), `${secret}`]) {
    expect(shown).not.toContain("hunter2");
  }
});

test("the key is made once, for its owner alone", () => {
  const folder = mkdtempSync(join(tmpdir(), "cst-"));
  const path = join(folder, "secrets.key");
  const keys = loadSecretKeys(path, { isFirstUse: true });
  expect(loadSecretKeys(path, { isFirstUse: true })).toEqual(keys);
  expect(loadSecretKeys(path, { isFirstUse: false })).toEqual(keys);
  expect(() => loadSecretKeys(`${path}.lost`, { isFirstUse: false })).toThrow("it is gone; restore it");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(keys.sealing).not.toEqual(keys.digest);
  rmSync(folder, { recursive: true });
});

describe("leaves", () => {
  const written = { env: { TOKEN: secretOf("t0ken"), PLAIN: "p" } };
  const opened = openWritten(written, undefined, sealer);
  const stored = sealInputs(opened.inputs, opened.secretPaths, undefined, sealer);

  test("are opened for checking, sealed for the store, digests for answers, opened for the host", () => {
    expect(opened).toEqual({
      inputs: { env: { TOKEN: "t0ken", PLAIN: "p" } },
      secretPaths: new Set(["env.TOKEN"]),
      violations: [],
    });
    expect(JSON.stringify(stored)).not.toContain("t0ken");
    const digest = sealer.digest(new SecretText("t0ken"));
    expect(digestsOnly(stored)).toEqual({ env: { TOKEN: { $secret: { digest } }, PLAIN: "p" } });
    expect(openStored(stored, sealer)).toEqual({ env: { TOKEN: "t0ken", PLAIN: "p" } });
  });

  test("a digest alone means the stored value; an unknown one is a violation", () => {
    const again = openWritten(digestsOnly(stored), stored, sealer);
    expect(again).toEqual(opened);
    expect(sealInputs(again.inputs, again.secretPaths, stored, sealer)).toEqual(stored);
    const unknown = openWritten({ env: { TOKEN: { $secret: { digest: "no" } } } }, stored, sealer);
    expect(unknown.violations).toEqual([
      { path: "env.TOKEN", reason: expect.stringContaining("send its value") },
    ]);
  });

  test("fields that the contract marks are sealed although a client sends plain text", () => {
    const { fields } = resources.Secret;
    expect(markedSecrets(fields.inputs, { values: { a: "1", b: "2" }, onChange: "restart" })).toEqual(
      new Set(["values.a", "values.b"]),
    );
    expect(markedSecrets(fields.inputs, { value: "1" })).toEqual(new Set(["value"]));
  });
});

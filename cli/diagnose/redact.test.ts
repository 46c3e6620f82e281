import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { redact } from "./redact.ts";

test.each([
  ['{"DB_PASSWORD":"hush-4711","USER":"me"}', '{"DB_PASSWORD":"[removed]","USER":"me"}'],
  ['  "token": "hush-4711",', '  "token": "[removed]",'],
  ['{"msg":"got {\\"password\\":\\"hush-4711\\"}"}', '{"msg":"got {\\"password\\":\\"[removed]\\"}"}'],
  ["POSTGRES_PASSWORD=hush-4711 started", "POSTGRES_PASSWORD=[removed] started"],
  ["login --password=hush-4711", "login --password=[removed]"],
  ["password: hush-4711", "password: [removed]"],
  ['{"password":"a\\"hush-4711\\\\","USER":"me"}', '{"password":"[removed]","USER":"me"}'],
  ["{'password': 'hush-4711', 'user': 'me'}", "{'password': '[removed]', 'user': 'me'}"],
  ['{"tokens":["hush-1","hush-2"],"a":1}', '{"tokens":["[removed]","[removed]"],"a":1}'],
  ['[{"name":"DB_PASSWORD","value":"hush-4711"}]', '[{"name":"DB_PASSWORD","value":"[removed]"}]'],
  ['["login","--token","hush-4711","-v"]', '["login","--token","[removed]","-v"]'],
  ['["login","--token","hush4711\\":","-v"]', '["login","--token","[removed]","-v"]'],
  ['["Host","a","Cookie","hush=4711"]', '["Host","a","Cookie","[removed]"]'],
  ['{"env":["TOKEN=hush,4711","USER=me"]}', '{"env":["TOKEN=[removed]","USER=me"]}'],
  ["Cookie: a=hush; b=hush", "Cookie: [removed]"],
  ["GET https://me:hush-4711@registry/v2", "GET https://me:[removed]@registry/v2"],
  ["Authorization: Bearer hush.4711-abc", "Authorization: [removed]"],
  ["x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-def y", "x [removed] y"],
  ["-----BEGIN RSA PRIVATE KEY-----\nhush-4711\n-----END RSA PRIVATE KEY-----\nz", "[removed]\nz"],
])("%s", (text, clean) => {
  const cleaned = redact(text);
  expect(cleaned).not.toMatch(/hush|eyJ/);
  expect(cleaned).toBe(clean);
});

test.each([
  '{"kind":"Secret","name":"login","inputs":{"value":{"$secret":{"digest":"hmac-sha256:ab12"}}}}',
  '{"secrets":[{"target":"/run/secrets/db"}]}',
  "API_TOKEN=[secret]",
  '{"token":"[secret]"}',
  "password: [secret]",
  "a passing remark about secrets and tokens",
  "10.64.0.2 dev cstabc proto static",
])("%s stays", (text) => {
  expect(redact(text)).toBe(text);
});

describe("a secret that a telling name leads to is gone", () => {
  const planted = "hush4711hush";
  /** With what breaks a careless filter around it. */
  const value = (alphabet: string) =>
    fc
      .tuple(...[0, 1].map(() => fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 6 })))
      .map(([before, after]) => `${before}${planted}${after}`);
  const name = fc.constantFrom(
    "password",
    "DB_PASSWORD",
    "apiKey",
    "client_secret",
    "X-Auth-Token",
    "credentials",
  );
  const other = fc.jsonValue({ maxDepth: 2 });
  const ofJson = value("ab\\\"'`{}[],:;= \t\n\r\u0000é$@");
  const strings = (depth: number, made: unknown): string =>
    depth === 0 ? JSON.stringify(made) : strings(depth - 1, JSON.stringify(made));

  test.each([
    ["in an object of JSON", (key: string, secret: string) => ({ [key]: secret })],
    ["in a list of JSON", (key: string, secret: string) => ({ [key]: ["x", secret, secret] })],
    ["of variables", (key: string, secret: string) => [{ name: key, value: secret }]],
    ["of arguments", (key: string, secret: string) => ["run", `--${key}`, secret, "x"]],
  ])("%s, in a string of JSON, in a string of that, on a line or on many", (_, shape) => {
    fc.assert(
      fc.property(name, ofJson, other, fc.nat(2), fc.boolean(), (key, secret, beside, depth, isLong) => {
        const made = [beside, shape(key, secret), beside];
        const text = isLong && depth === 0 ? JSON.stringify(made, null, 2) : strings(depth, made);
        expect(redact(text)).not.toContain(planted);
        expect(redact(`info: ${text} and ${text}`)).not.toContain(planted);
      }),
    );
  });

  test("in a variable, bare or in marks, on a line of its own or in a list of JSON", () => {
    fc.assert(
      fc.property(name, value("ab\"'`{}[],:;=\\$@"), fc.nat(2), (key, secret, depth) => {
        expect(redact(`HOME=/root\n${key}=${secret}\nUSER=me`)).not.toContain(planted);
        expect(redact(`env ${key}=${secret} serve`)).not.toContain(planted);
        expect(redact(strings(depth, { env: ["A=b", `${key}=${secret}`, "C=d"] }))).not.toContain(planted);
      }),
    );
    fc.assert(
      fc.property(name, value("ab {}[],:;=$@\n"), fc.constantFrom('"', "'"), (key, secret, mark) => {
        expect(redact(`export ${key}=${mark}${secret}${mark}\nUSER=me`)).not.toContain(planted);
      }),
    );
  });

  test("in a header, as it is sent, as an object, as a list, as Go prints it", () => {
    const header = fc.constantFrom("Authorization", "cookie", "Set-Cookie", "X-Api-Key", "x-auth-token");
    fc.assert(
      fc.property(header, value("ab ;,=:/"), fc.nat(2), (key, secret, depth) => {
        expect(redact(`GET / HTTP/1.1\r\n${key}: ${secret}\r\nHost: a`)).not.toContain(planted);
        expect(redact(strings(depth, { headers: { [key]: secret } }))).not.toContain(planted);
        expect(redact(strings(depth, { headers: ["Host", "a", key, secret] }))).not.toContain(planted);
        expect(redact(`map[Accept:[a] ${key}:[${secret}]]`)).not.toContain(planted);
      }),
    );
  });

  test("what lies around it stays", () => {
    fc.assert(
      fc.property(name, ofJson, fc.nat(2), (key, secret, depth) => {
        const clean = strings(depth, { user: "me", [key]: "[removed]", after: "you" });
        expect(redact(strings(depth, { user: "me", [key]: secret, after: "you" }))).toBe(clean);
      }),
    );
  });
});

test("a line made to be slow is not", () => {
  const started = performance.now();
  const parts = [
    "a-",
    "\\\\",
    "pass.",
    "a+b-",
    '"secret',
    "--a",
    "-",
    "pass=[",
    'token="',
    "token:'",
    "x-",
    "pass:[",
    "pass:\\n",
  ];
  for (const part of parts) redact(part.repeat(100_000));
  expect(performance.now() - started).toBeLessThan(5_000);
});

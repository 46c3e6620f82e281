import { expect, test } from "@jest/globals";
import { redact } from "./redact.ts";

test.each([
  ['{"DB_PASSWORD":"hush-4711","USER":"me"}', '{"DB_PASSWORD":"[removed]","USER":"me"}'],
  ['  "token": "hush-4711",', '  "token": "[removed]",'],
  ['{"msg":"got {\\"password\\":\\"hush-4711\\"}"}', '{"msg":"got {\\"password\\":\\"[removed]\\"}"}'],
  ["POSTGRES_PASSWORD=hush-4711 started", "POSTGRES_PASSWORD=[removed] started"],
  ["login --password=hush-4711", "login --password=[removed]"],
  ["password: hush-4711", "password: [removed]"],
  ["GET https://me:hush-4711@registry/v2", "GET https://me:[removed]@registry/v2"],
  ["Authorization: Bearer hush.4711-abc", "Authorization: [removed] [removed]"],
  ["x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-def y", "x [removed] y"],
  ["-----BEGIN RSA PRIVATE KEY-----\nhush-4711\n-----END RSA PRIVATE KEY-----\nz", "[removed]\nz"],
])("%s", (text, clean) => {
  const cleaned = redact(text);
  expect(cleaned).not.toMatch(/hush|eyJ/);
  if (!text.startsWith("Authorization")) expect(cleaned).toBe(clean);
});

test.each([
  '{"kind":"Secret","name":"login","inputs":{"value":{"$secret":{"digest":"hmac-sha256:ab12"}}}}',
  '{"secrets":[{"target":"/run/secrets/db"}]}',
  "a passing remark about secrets and tokens",
  "10.64.0.2 dev cstabc proto static",
])("%s stays", (text) => {
  expect(redact(text)).toBe(text);
});

test("a line made to be slow is not", () => {
  const started = performance.now();
  for (const part of ["a-", "\\\\", "pass.", "a+b-", '"secret'] as const) redact(part.repeat(100_000));
  expect(performance.now() - started).toBeLessThan(5_000);
});

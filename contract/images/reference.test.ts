import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { formatReference, parseReference } from "./reference.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

describe("registry references", () => {
  test.each([
    ["nginx", "docker.io/library/nginx:latest"],
    ["nginx:1.27", "docker.io/library/nginx:1.27"],
    ["docker.io/nginx", "docker.io/library/nginx:latest"],
    ["index.docker.io/library/nginx:1", "docker.io/library/nginx:1"],
    ["bitnami/redis:7", "docker.io/bitnami/redis:7"],
    ["docker.io/library/nginx:1.27", "docker.io/library/nginx:1.27"],
    ["ghcr.io/a/b/c", "ghcr.io/a/b/c:latest"],
    ["localhost/app", "localhost/app:latest"],
    ["localhost:5000/app:2", "localhost:5000/app:2"],
    ["registry:5000/a/b", "registry:5000/a/b:latest"],
    ["[::1]:5000/a", "[::1]:5000/a:latest"],
    [`registry:5000/a/b@${digest}`, `registry:5000/a/b@${digest}`],
    [`nginx:1.27@${digest}`, `docker.io/library/nginx:1.27@${digest}`],
    ["oci", "docker.io/library/oci:latest"],
  ])("%s is %s", (text, canonical) => {
    expect(formatReference(parseReference(text))).toBe(canonical);
  });
});

describe("local references", () => {
  test.each([
    ["oci:path/to/layout:tag", { kind: "oci", path: "path/to/layout", tag: "tag" }],
    ["oci:../.images", { kind: "oci", path: "../.images" }],
    ["oci:/srv/images:v1.2", { kind: "oci", path: "/srv/images", tag: "v1.2" }],
    ["docker-archive:file.tar", { kind: "docker-archive", path: "file.tar" }],
    ["docker-archive:file.tar:web:1.2", { kind: "docker-archive", path: "file.tar", tag: "web:1.2" }],
  ])("%s", (text, reference) => {
    expect(parseReference(text)).toEqual(reference);
    expect(formatReference(parseReference(text))).toBe(text);
  });
});

test.each([
  ["", "it is empty; write a name such as nginx:1.27"],
  ["my image", "it holds white space; remove it"],
  ["https://ghcr.io/a/b", "https:// is not part of a reference; write ghcr.io/a/b"],
  ["docker://nginx", "docker:// is not part of a reference; write nginx"],
  ["Nginx:1", "repository part Nginx has upper-case letters; write nginx"],
  ["nginx:", "tag is empty"],
  ["nginx:-x", "tag -x is malformed"],
  ["nginx@sha256:abc", "digest sha256:abc is malformed; write sha256: and 64 lower-case hex digits"],
  [`nginx@md5:${"0".repeat(32)}`, "is malformed"],
  ["ghcr.io//b", "the repository has an empty part; check the slashes"],
  ["ghcr.io/", "the repository has an empty part"],
  ["ghcr.io/a..b", "repository part a..b is malformed"],
  ["-x.io/a", "registry -x.io is not a host name; write HOST or HOST:PORT"],
  [`a/${"b".repeat(260)}`, "the repository is longer than 255 characters; shorten it"],
  ["oci:", "no path after oci:; write oci:PATH or oci:PATH:TAG"],
  ["oci:path:", "nothing after the last colon; name a tag or drop the colon"],
  ["oci:path:a/b", "tag a/b is malformed"],
])("%j is refused: %s", (text, problem) => {
  const action = `read image reference ${JSON.stringify(text)}: `;
  expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: "invalid" }));
  expect(() => parseReference(text)).toThrow(action);
  expect(() => parseReference(text)).toThrow(problem);
});

test.each(["ann:hush@ghcr.io/app", "https://ann:hush@ghcr.io/app:1", "hush@registry:5000/a/b"])(
  "the login in %j is refused and not repeated",
  (text) => {
    expect(() => parseReference(text)).toThrow(/it holds a login/);
    expect(() => parseReference(text)).not.toThrow(/hush/);
  },
);

test("a canonical reference reads as itself, and nothing else than our error is thrown", () => {
  const pieces = fc.constantFrom(
    "a",
    "B",
    "0",
    ".",
    ":",
    "/",
    "@",
    "-",
    "_",
    "oci:",
    "localhost",
    digest,
    " ",
    "é",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      let canonical: string;
      try {
        canonical = formatReference(parseReference(parts.join("")));
      } catch (error) {
        expect(error).toMatchObject({ name: "ConstellationError", code: "invalid" });
        return;
      }
      expect(formatReference(parseReference(canonical))).toBe(canonical);
    }),
  );
});

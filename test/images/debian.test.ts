import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { createFileCalls } from "../../agent/adapters/libc/index.ts";
import { type Images, noRegistry, openImages } from "../../agent/images/index.ts";
import { type LocalImage, openLocalImage } from "../../contract/index.ts";
import { buildImages } from "../../tools/images/build.ts";
import { root } from "../../tools/lib/places.mjs";

jest.setTimeout(60_000);

const run = promisify(execFile);

const stop = new AbortController();
let folder: string;
let images: Images;
/** The layout that quickstart uses too: built once, kept. */
const layout = join(root, ".images");

beforeAll(async () => {
  await buildImages(layout);
  folder = await mkdtemp(join(tmpdir(), "debian-images-"));
  images = await openImages({
    stateDir: folder,
    unpackCommand: [process.execPath, join(import.meta.dirname, "unpack-child.ts")],
    tree: createFileCalls(),
    source: noRegistry,
    inUse: () => undefined,
    onError: fail,
    signal: stop.signal,
  });
}, 300_000);

afterAll(async () => {
  stop.abort();
  await rm(folder, { recursive: true, force: true });
});

function fail(error: unknown): never {
  throw error;
}

async function upload(name: string): Promise<LocalImage> {
  const image = await openLocalImage({ kind: "oci", path: layout, tag: name }, "/");
  const missing = new Set(await images.missingBlobs(image.blobs.map(({ digest }) => digest)));
  for (const blob of image.blobs)
    if (missing.has(blob.digest)) await images.putBlob(blob.digest, blob.open());
  return image;
}

async function runIn(name: string, script: string): Promise<string> {
  const image = await upload(name);
  const lower = (await images.unpack(image.digest)).join(":");
  const program = join(import.meta.dirname, "run-image.sh");
  const { stdout } = await run(program, [lower, await mkdtemp(join(folder, "run-")), script], {
    timeout: 60_000,
  });
  return stdout;
}

/** Repeats a command every tenth of a second until it succeeds, ten seconds at most. */
const until = (command: string) => `n=0; until ${command}; do n=$((n+1)); [ $n -lt 100 ]; sleep 0.1; done`;

describe("images built from Debian packages run with no more than the usual capabilities:", () => {
  test("busybox serves and fetches", async () => {
    const script = `echo hello > /tmp/index.html; httpd -p 127.0.0.1:8080 -h /tmp; ${until("wget -qO- http://127.0.0.1:8080/")}`;
    expect(await runIn("busybox", script)).toBe("hello\n");
  });

  test("nginx serves with a config of the user's, and logs to standard output", async () => {
    // A pipe, as conmon gives: Linux does not open a socket again by the name /dev/stdout.
    const conf = "server { listen 80; location / { return 200 custom; } }";
    const fetch = until("wget -qO- http://127.0.0.1/page");
    const output = await runIn(
      "nginx",
      `echo '${conf}' > /etc/nginx/conf.d/default.conf; nginx -g 'daemon off;' 2>&1 | cat & ${fetch}; kill -QUIT $(cat /run/nginx.pid); wait`,
    );
    expect(output).toContain("custom");
    expect(output).toContain('"GET /page HTTP/1.1" 200');
  });

  test("redis answers its own health check", async () => {
    const output = await runIn(
      "redis",
      `redis-server --protected-mode no >/dev/null & ${until("redis-cli ping 2>/dev/null | grep PONG")}; redis-cli incr visits; kill $!; wait $!`,
    );
    expect(output).toBe("PONG\n1\n");
    const { config } = await upload("redis");
    expect(config.healthCheck).toEqual({
      command: ["redis-cli", "ping"],
      intervalMs: 5000,
      timeoutMs: 2000,
      retries: 3,
    });
    expect(config.exposedPorts).toEqual([{ port: 6379, protocol: "tcp" }]);
  });

  test("node is the pinned one", async () => {
    expect(await runIn("node", "node -p process.version")).toBe(`${process.version}\n`);
  });
});

test("the dynamic images share their base layer", async () => {
  const bases = await Promise.all(
    ["nginx", "redis", "node"].map(async (name) => (await upload(name)).config.diffIds[0]),
  );
  expect(new Set(bases).size).toBe(1);
});

test("building again elsewhere gives the same digest", async () => {
  const other = await mkdtemp(join(folder, "layout-"));
  await buildImages(other, ["busybox"]);
  const [here, there] = await Promise.all(
    [layout, other].map((path) => openLocalImage({ kind: "oci", path, tag: "busybox" }, "/")),
  );
  expect(there?.digest).toBe(here?.digest);
});

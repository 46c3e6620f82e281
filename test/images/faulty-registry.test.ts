import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import type { RegistryAccess } from "../../agent/images/index.ts";
import { digestOf, hexOf } from "../../contract/index.ts";
import { type CraftedImage, imageOf, tarOf } from "./archive.ts";
import { type Asked, type Fault, type FaultyRegistry, startFaultyRegistry } from "./faulty-registry.ts";
import { openPuller, type Puller, referenceTo, unprivileged } from "./puller.ts";

jest.setTimeout(20_000);

const username = "ada";
const password = "never-in-a-log";
const login = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
const layerBytes = 1024 ** 2;
/** Where faults cut a layer. */
const cutAt = 300_000;

let registry: FaultyRegistry;
let puller: Puller;
let image: CraftedImage;
let access: RegistryAccess;

beforeEach(async () => {
  registry = await startFaultyRegistry();
  puller = await openPuller();
  image = imageOf([await tarOf([{ name: "big", content: randomBytes(layerBytes) }])], {
    compress: (tar) => tar,
  });
  registry.hold("1", image);
  access = {
    registries: { [registry.host]: { plainHttp: true } },
    credentials: { [registry.host]: { username, password } },
  };
});
afterEach(async () => {
  await puller.close();
  await registry.stop();
});

const app = () => referenceTo(`${registry.host}/app:1`);
const pull = (signal?: AbortSignal, onProgress?: (it: { done: number; total: number }) => void) =>
  puller.images.pull(app(), image.digest, access, {
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  });
const layer = () => image.layers[0] as `sha256:${string}`;
const layerRequests = () => registry.asked.filter(({ path }) => path === `blobs/${layer()}`);
const ranges = () => layerRequests().map(({ range }) => range);
const inStore = (name: string) => readdirSync(join(puller.stateDir, "images", name));
const partial = () => join(puller.stateDir, "images/pulls", `${hexOf(layer())}.partial`);
const layerSize = () => image.blobs.get(layer())?.length ?? 0;

/** The first answers about the layer, in their order; then the registry answers. */
function layerFaults(...faults: readonly Fault[]): Fault {
  const left = [...faults];
  return (asked, response, content) => {
    if (asked.path !== `blobs/${layer()}`) return false;
    return left.shift()?.(asked, response, content) ?? false;
  };
}

const sendPart: Fault = (asked, response, content = Buffer.alloc(0)) => {
  const from = Number(/\d+/.exec(asked.range ?? "0")?.[0]);
  response.writeHead(206, { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` });
  response.write(content.subarray(from, cutAt));
  return true;
};
const cut: Fault = (asked, response, content) => {
  sendPart(asked, response, content);
  response.write("", () => setTimeout(() => response.destroy(), 50)); // after what is on its way
  return true;
};
const stall: Fault = sendPart;
const answer =
  (status: number, headers: Record<string, string> = {}): Fault =>
  (_, response) => {
    response.writeHead(status, headers).end();
    return true;
  };

async function untilPartialHolds(bytes: number): Promise<void> {
  while ((statSync(partial(), { throwIfNoEntry: false })?.size ?? 0) < bytes) await delay(5);
}

describe("goes on where it stopped, byte for byte:", () => {
  test("a registry that cuts a layer in the middle: the pull asks for the rest and nothing else; within 20 s", async () => {
    registry.fault = layerFaults(cut);
    const progress: number[] = [];
    await pull(undefined, ({ done }) => progress.push(done));
    expect(ranges()).toEqual(["bytes=0-", `bytes=${cutAt}-`]);
    expect(progress).toEqual([...progress].sort((one, other) => one - other));
    await puller.images.unpack(image.digest);
  });

  test("a registry that stalls: the pull asks again for the rest and nothing else; within 20 s", async () => {
    await puller.restart({ stallMs: 2_000 });
    registry.fault = layerFaults(stall);
    await pull();
    expect(ranges()).toEqual(["bytes=0-", `bytes=${cutAt}-`]);
    await puller.images.unpack(image.digest);
  });

  test("an agent that ends in the middle of a pull: the next one asks for the rest and nothing else; within 20 s", async () => {
    registry.fault = layerFaults(stall);
    const first = pull();
    first.catch(() => {});
    await untilPartialHolds(cutAt);
    await puller.restart();
    await expect(first).rejects.toMatchObject({ code: "cancelled" });
    await pull();
    expect(ranges()).toEqual(["bytes=0-", `bytes=${cutAt}-`]);
    expect(inStore("pulls")).toEqual([]);
  });

  test("a server that does not know ranges, after a cut: it is read from the beginning, and the image is whole; within 20 s", async () => {
    registry.fault = layerFaults(cut, (_, response, content) => {
      response.writeHead(200, { "content-length": content?.length }).end(content);
      return true;
    });
    await pull();
    expect(ranges()).toEqual(["bytes=0-", `bytes=${cutAt}-`]);
    await puller.images.unpack(image.digest);
  });
});

describe("a registry that lies:", () => {
  test.each<[string, (content: Buffer) => Buffer, RegExp]>([
    [
      "about a layer's content",
      (content) => Buffer.alloc(content.length, 1),
      /sent other content than .*: its digest is sha256:/,
    ],
    [
      "about a layer's length",
      (content) => content.subarray(1),
      /has \d+ bytes for .*, its manifest says \d+$/,
    ],
  ])("%s is named with what came, and nothing is kept or unpacked", async (_, lie, message) => {
    registry.fault = (asked, response, content) => {
      if (asked.path !== `blobs/${layer()}` || content === undefined) return false;
      response.end(lie(content));
      return true;
    };
    await expect(pull()).rejects.toMatchObject({
      code: "image-invalid",
      message: expect.stringMatching(message),
    });
    await expect(pull()).rejects.toMatchObject({ message: expect.stringContaining(registry.host) });
    expect(await puller.images.hasBlob(layer())).toBe(false);
    expect(inStore("pulls").filter((name) => name.startsWith(hexOf(layer())))).toEqual([]);
    expect(inStore("layers")).toEqual([]);
    await expect(puller.images.unpack(image.digest)).rejects.toMatchObject({ code: "image-missing" });
  });

  test("about a manifest", async () => {
    registry.fault = (asked, response) => {
      if (!asked.path.startsWith("manifests/")) return false;
      response.end("{}");
      return true;
    };
    await expect(pull()).rejects.toMatchObject({ code: "image-invalid" });
    expect(inStore("blobs")).toEqual([]);
  });

  test("once, after a cut: what is here is dropped, the whole is brought again", async () => {
    registry.fault = layerFaults(cut, (asked, response, content = Buffer.alloc(0)) => {
      const from = Number(/\d+/.exec(asked.range ?? "")?.[0]);
      response.writeHead(206, { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` });
      response.end(Buffer.alloc(content.length - from));
      return true;
    });
    const first = pull();
    await expect(first).rejects.toMatchObject({ code: "image-invalid" });
    await pull();
    expect(ranges()).toEqual(["bytes=0-", `bytes=${cutAt}-`, "bytes=0-"]);
  });
});

describe("a registry that is busy or fails:", () => {
  test("a registry that answers 429 with Retry-After: the pull waits as long and goes on; within 20 s", async () => {
    registry.fault = layerFaults(answer(429, { "retry-after": "1" }));
    await pull();
    const [first, second] = layerRequests() as [Asked, Asked];
    expect(second.at - first.at).toBeGreaterThanOrEqual(1_000);
  });

  test("a wait that is too long is told instead", async () => {
    registry.fault = layerFaults(answer(429, { "retry-after": "3600" }));
    await expect(pull()).rejects.toMatchObject({
      code: "image-unreachable",
      message: expect.stringMatching(/answered 429 Too Many Requests; it asks to come back in 3600 s$/),
    });
    expect(layerRequests()).toHaveLength(1);
  });

  test("a registry that answers 500 or drops connections: the pull tries a bounded number of times; within 20 s", async () => {
    const drop: Fault = (_, response) => Boolean(response.destroy());
    registry.fault = layerFaults(answer(500), drop, answer(503));
    await pull();
    expect(layerRequests()).toHaveLength(4);
    await puller.images.unpack(image.digest);

    await puller.restart({ tries: 3 });
    registry.asked.length = 0;
    registry.fault = (asked, response, content) => asked.path !== "" && answer(500)(asked, response, content);
    await expect(puller.images.locate(app(), access)).rejects.toMatchObject({
      code: "image-unreachable",
      message: expect.stringContaining("answered 500 Internal Server Error"),
    });
    expect(registry.asked.filter(({ method }) => method === "HEAD")).toHaveLength(3);
  });
});

test("a redirect to another host is followed without the credentials, from where it was cut too", async () => {
  const bytes = image.blobs.get(layer()) as Buffer;
  const seen: (string | undefined)[] = [];
  const store = createServer((request, response) => {
    seen.push(request.headers.authorization);
    const from = Number(/\d+/.exec(request.headers.range ?? "")?.[0]);
    response.writeHead(206, { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` });
    response.end(bytes.subarray(from, seen.length === 1 ? cutAt : undefined));
    if (seen.length === 1) response.destroy();
  }).listen(0, "127.0.0.1");
  await once(store, "listening");
  try {
    registry.login = login;
    const { port } = store.address() as { port: number };
    registry.fault = (asked, response, content) =>
      asked.path === `blobs/${layer()}` && asked.authorization === login
        ? answer(307, { location: `http://127.0.0.1:${port}/elsewhere` })(asked, response, content)
        : false;
    await pull();
    expect(seen.every((authorization) => authorization === undefined)).toBe(true);
    expect(seen.length).toBeGreaterThanOrEqual(2);
    expect(layerRequests().every(({ authorization }) => authorization === login)).toBe(true);
  } finally {
    store.closeAllConnections();
    store.close();
  }
});

test("many who wait share one pull; it goes on when some give up, and ends with the last", async () => {
  registry.fault = layerFaults(stall);
  const controllers = [new AbortController(), new AbortController()] as const;
  const waiting = controllers.map(({ signal }) => pull(signal));
  await untilPartialHolds(cutAt);
  controllers[0].abort();
  await expect(waiting[0]).rejects.toMatchObject({ code: "cancelled" });
  expect(childPids()).toHaveLength(1);
  controllers[1].abort();
  await expect(waiting[1]).rejects.toMatchObject({ code: "cancelled" });
  while (childPids().length > 0) await delay(5);
  await Promise.all([pull(), pull()]);
  expect(ranges()).toEqual(["bytes=0-", `bytes=${cutAt}-`]);
});

test("two images that share a layer bring it once", async () => {
  const other = imageOf([Buffer.from(image.blobs.get(layer()) as Buffer)], {
    compress: (tar) => tar,
    config: { User: "1" },
  });
  registry.hold("2", other);
  await Promise.all([pull(), puller.images.pull(app(), other.digest, access)]);
  expect(layerRequests()).toHaveLength(1);
  expect(await puller.images.hasImage(other.digest)).toBe(true);
});

test("the child has no rights but its folder, and its credentials show nowhere", async () => {
  registry.login = login;
  registry.fault = layerFaults(stall);
  const pulling = pull();
  pulling.catch(() => {});
  await untilPartialHolds(cutAt);
  const [pid] = childPids() as [number];
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const of = (name: string) => new RegExp(`^${name}:[ \\t]*(.*)$`, "m").exec(status)?.[1];
  expect(of("Uid")).toBe(Array(4).fill(unprivileged).join("\t"));
  expect(of("Gid")).toBe(Array(4).fill(unprivileged).join("\t"));
  expect(of("Groups")?.trim()).toBe("");
  expect([of("CapEff"), of("CapPrm"), of("NoNewPrivs")]).toEqual([
    "0000000000000000",
    "0000000000000000",
    "1",
  ]);
  for (const file of ["cmdline", "environ"]) {
    for (const each of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      expect(readOrEmpty(`/proc/${each}/${file}`)).not.toContain(password);
    }
  }
  await puller.restart();
  const failure = await pulling.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(String(failure)).not.toContain(password);
});

test("what registries hold beside images is refused by name", async () => {
  const refuse = async (manifest: object, message: string) => {
    const bytes = Buffer.from(JSON.stringify(manifest));
    const digest = digestOf(bytes);
    const mediaType = "application/vnd.oci.image.manifest.v1+json";
    registry.hold("odd", {
      ...image,
      digest,
      manifest: { ...image.manifest, mediaType },
      blobs: new Map([[digest, bytes]]),
    });
    await expect(puller.images.pull(app(), digest, access)).rejects.toMatchObject({
      code: "image-invalid",
      message: expect.stringContaining(message),
    });
  };
  const manifest = JSON.parse(String(image.blobs.get(image.digest)));
  await refuse({ schemaVersion: 1, name: "app", fsLayers: [] }, "schema 1; push it again");
  const chart = { ...manifest.config, mediaType: "application/vnd.cncf.helm.config.v1+json" };
  await refuse(
    { ...manifest, config: chart },
    "not a container image but application/vnd.cncf.helm.config.v1+json",
  );
  const foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
  await refuse({ ...manifest, layers: [{ ...manifest.layers[0], mediaType: foreign }] }, "is foreign");
  expect(layerSize()).toBeGreaterThan(layerBytes);
});

/** Those of this test's store. */
function childPids(): number[] {
  const folder = join(puller.stateDir, "images/pulls");
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter(
      (pid) => readOrEmpty(`/proc/${pid}/cmdline`).includes("constellation-registry") && isIn(pid, folder),
    );
}

function isIn(pid: number, folder: string): boolean {
  try {
    return statSync(`/proc/${pid}/cwd/.`).ino === statSync(folder).ino;
  } catch {
    return false; // it has just ended
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return ""; // it has just ended
  }
}

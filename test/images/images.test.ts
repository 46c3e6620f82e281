import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { lstat, mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import koffi from "koffi";
import { createFileCalls } from "../../agent/adapters/libc/index.ts";
import { type Images, type ImagesOptions, noRegistry, openImages } from "../../agent/images/index.ts";
import { type Digest, digestOf, hexOf, parseReference } from "../../contract/index.ts";
import {
  type CraftedEntry,
  type CraftedImage,
  type CraftOptions,
  imageOf,
  paxHeader,
  tarOf,
} from "./archive.ts";

jest.setTimeout(60_000);

const run = promisify(execFile);
const child = [process.execPath, join(import.meta.dirname, "unpack-child.ts")];

const noAccess = { registries: {}, credentials: {} };

let stateDir: string;
let stop: AbortController;
let images: Images;

const errors: unknown[] = [];
const open = (options: Partial<ImagesOptions> = {}) =>
  openImages({
    ...{ stateDir, unpackCommand: child, tree: createFileCalls(), source: noRegistry, signal: stop.signal },
    inUse: () => undefined,
    onError: (error) => void errors.push(error),
    ...options,
  });

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "images-"));
  stop = new AbortController();
  images = await open();
});
afterEach(async () => {
  stop.abort();
  await rm(stateDir, { recursive: true });
});

/** Node cannot read extended attributes. */
function getAttribute(path: string, name: string): Buffer {
  const value = Buffer.alloc(256);
  const signature = "long lgetxattr(const char *path, const char *name, void *value, size_t size)";
  const length: number = koffi.load("libc.so.6").func(signature)(path, name, value, value.length);
  return value.subarray(0, length);
}

const inStore = (name: string) => readdirSync(join(stateDir, "images", name));

async function upload(image: CraftedImage): Promise<CraftedImage> {
  for (const [digest, bytes] of image.blobs) await images.putBlob(digest, Readable.from([bytes]));
  return image;
}

async function uploadLayers(layers: readonly (readonly CraftedEntry[])[], options?: CraftOptions) {
  return upload(imageOf(await Promise.all(layers.map(tarOf)), options));
}

describe("blobs", () => {
  const bytes = Buffer.from("content");
  const digest = digestOf(bytes);

  test("are there once stored, and only then", async () => {
    expect(await images.missingBlobs([digest, digest])).toEqual([digest]);
    await images.putBlob(digest, Readable.from([bytes]));
    await images.putBlob(digest, Readable.from([bytes]));
    expect(await images.hasBlob(digest)).toBe(true);
    expect(await images.missingBlobs([digest])).toEqual([]);
  });

  test("that differ from their digest are refused, and leave nothing", async () => {
    await expect(images.putBlob(digest, Readable.from([Buffer.from("other")]))).rejects.toMatchObject({
      code: "image-invalid",
      message: expect.stringMatching(
        `^store blob ${digest}: the content has digest sha256:.*; upload the image again$`,
      ),
    });
    expect([...inStore("blobs"), ...inStore("temp")]).toEqual([]);
  });

  test("sent twice at once are stored once; when the first sender breaks off, the second serves", async () => {
    const broken = new Readable({ read() {} });
    const first = images.putBlob(digest, broken);
    const second = images.putBlob(digest, Readable.from([bytes]));
    broken.push(bytes.subarray(0, 3));
    broken.destroy(new Error("connection lost"));
    await expect(first).rejects.toThrow("connection lost");
    await second;
    expect(await images.hasBlob(digest)).toBe(true);
    expect(inStore("temp")).toEqual([]);
  });
});

/** As podman writes it: many frames, with one that holds no data at each end. */
function chunked(tar: Buffer): Buffer {
  const pieces = Array.from({ length: Math.ceil(tar.length / 512) }, (_, at) =>
    zstdCompressSync(tar.subarray(at * 512, (at + 1) * 512)),
  );
  const skipped = Buffer.from("502a4d180400000001020304", "hex");
  return Buffer.concat([skipped, ...pieces, skipped]);
}

describe("unpacking", () => {
  test.each([
    ["gzip", gzipSync],
    ["zstd", zstdCompressSync],
    ["zstd:chunked", chunked],
    ["plain", (tar: Buffer) => tar],
  ])("%s layers, the topmost first, once for all images", async (_, compress) => {
    const base = [{ name: "base", content: "x" }];
    const one = await uploadLayers([base, [{ name: "one", content: "1" }]], { compress });
    const two = await uploadLayers([base, [{ name: "two", content: "2" }]], { compress });
    const progress: number[] = [];
    const [ones, twos] = await Promise.all([
      images.unpack(one.digest, { onProgress: ({ done, total }) => progress.push(done / total) }),
      images.unpack(two.digest),
    ]);
    expect(readFileSync(join(ones[0] as string, "one"), "utf8")).toBe("1");
    expect(readFileSync(join(ones[1] as string, "base"), "utf8")).toBe("x");
    expect(twos[1]).toBe(ones[1]);
    expect(progress.at(-1)).toBe(1);
    expect(inStore("layers")).toHaveLength(3);
    expect(inStore("temp")).toEqual([]);
  });

  test("runs once for a layer that many wait for, also when one gives up", async () => {
    const image = await uploadLayers([[{ name: "file", content: "x" }]]);
    const count = join(stateDir, "count");
    images = await open({
      unpackCommand: ["/bin/sh", "-c", `echo started >> ${count}; exec "$@"`, "sh", ...child],
    });
    const impatient = images.unpack(image.digest, { signal: AbortSignal.timeout(1) });
    const patient = [images.unpack(image.digest), images.unpack(image.digest)];
    await expect(impatient).rejects.toMatchObject({ code: "cancelled" });
    await Promise.all(patient);
    expect(readFileSync(count, "utf8")).toBe("started\n");
  });

  test("keeps owners, modes and file capabilities", async () => {
    const capability = Buffer.from("0100000200200000000000000000000000000000", "hex");
    const record = Buffer.concat([
      Buffer.from("53 SCHILY.xattr.security.capability="),
      capability,
      Buffer.from("\n"),
    ]);
    record.write(String(record.length), 0);
    const tar = Buffer.concat([
      await paxHeader(record),
      await tarOf([{ name: "ping", content: "x", mode: 0o4755, uid: 123, gid: 456 }]),
    ]);
    const image = await upload(imageOf([tar]));
    const [layer] = await images.unpack(image.digest);
    const ping = await stat(join(layer as string, "ping"));
    expect([ping.uid, ping.gid, ping.mode & 0o7777]).toEqual([123, 456, 0o4755]);
    expect(getAttribute(join(layer as string, "ping"), "security.capability")).toEqual(capability);
  });

  test("makes every kind of entry in its cell", async () => {
    const image = await uploadLayers([
      [
        { name: "pipe", type: "fifo", uid: 5, mode: 0o620 },
        { name: "dev/zero", type: "character-device", devmajor: 1, devminor: 5 },
        { name: "was-folder/inner", content: "x" },
        { name: "was-folder", type: "symlink", linkname: "/etc", uid: 5 },
        { name: "private", type: "directory", mode: 0o700, uid: 5 },
        { name: "private/file", content: "x", mode: 0o400, uid: 5 },
        { name: "private/same", type: "link", linkname: "private/file" },
      ],
    ]);
    const [layer] = await images.unpack(image.digest);
    const look = await Promise.all(
      ["pipe", "was-folder", "private", "private/same"].map((name) => lstat(join(layer as string, name))),
    );
    expect(look.map(({ uid }) => uid)).toEqual([5, 5, 5, 5]);
    expect(look.map(({ mode }) => mode.toString(8))).toEqual(["10620", "120777", "40700", "100400"]);
    expect(readdirSync(layer as string).sort()).toEqual(["pipe", "private", "was-folder"]);
  });

  test("gives folders that a layer only implies the look they have below", async () => {
    const image = await uploadLayers([
      [
        { name: "./", type: "directory", mode: 0o555 },
        { name: "var/tmp", type: "directory", mode: 0o1777, uid: 7, gid: 8 },
        { name: "link", type: "symlink", linkname: "/etc" },
      ],
      [
        { name: "var/tmp/inner/file", content: "x" },
        { name: "link/file", content: "x" },
      ],
    ]);
    const [top] = await images.unpack(image.digest);
    const look = await stat(join(top as string, "var/tmp"));
    expect([look.mode & 0o7777, look.uid, look.gid]).toEqual([0o1777, 7, 8]);
    expect((await stat(top as string)).mode & 0o7777).toBe(0o555);
    expect((await stat(join(top as string, "link"))).mode & 0o7777).toBe(0o755);
  });

  test("makes whiteouts that a real overlay understands", async () => {
    const image = await uploadLayers([
      [
        { name: "gone", content: "x" },
        { name: "dir/old", content: "x" },
        { name: "merged/old", content: "x" },
      ],
      [
        { name: ".wh.gone" },
        { name: "dir", type: "directory" },
        { name: "dir/.wh..wh..opq" },
        { name: "dir/new", content: "x" },
        { name: "merged/new", content: "x" },
      ],
    ]);
    const lower = (await images.unpack(image.digest)).join(":");
    const root = join(stateDir, "root");
    await mkdir(root);
    const script = `mount -t overlay overlay -o "ro,lowerdir=$1" "$2" && cd "$2" && find . -mindepth 1 | sort | tr '\\n' ' '`;
    const { stdout } = await run("unshare", [
      "-m",
      "--propagation",
      "private",
      "sh",
      "-c",
      script,
      "sh",
      lower,
      root,
    ]);
    expect(stdout.trim().split(" ")).toEqual([
      "./dir",
      "./dir/new",
      "./merged",
      "./merged/new",
      "./merged/old",
    ]);
  });
});

describe("refuses, naming layer and reason, and leaves nothing behind:", () => {
  const zeros = () => tarOf([{ name: "zeros", content: Buffer.alloc(300 * 1024 ** 2) }]);
  const simple = () => tarOf([{ name: "file", content: "x".repeat(100_000) }]);
  const cases: [string, () => Promise<CraftedImage>, string][] = [
    [
      "an entry that climbs out",
      async () => imageOf([await tarOf([{ name: "../../etc/passwd", content: "x" }])]),
      "entry ../../etc/passwd points outside of the image; rebuild the image",
    ],
    [
      "a bomb",
      async () => imageOf([await zeros()]),
      "it unpacks to over 200 times its compressed size; rebuild the image",
    ],
    [
      "a cut gzip",
      async () => imageOf([await simple()], { compress: (tar) => gzipSync(tar).subarray(0, 150) }),
      "unexpected end of file; build or upload the image again",
    ],
    [
      "content that the config does not announce",
      async () => imageOf([await simple()], { diffIds: [digestOf(Buffer.of(1))] }),
      "the image's config says sha256:",
    ],
  ];
  test.each(cases)("%s", async (_, craft, reason) => {
    const image = await upload(await craft());
    const refusal = await images.unpack(image.digest).catch((error) => error);
    expect(refusal).toMatchObject({ name: "ConstellationError", code: "image-invalid" });
    expect(refusal.message).toContain(`unpack layer ${image.layers[0]}: `);
    expect(refusal.message).toContain(reason);
    expect([...inStore("layers"), ...inStore("temp")]).toEqual([]);
  });

  test("an image that was never uploaded, or for another machine", async () => {
    const image = imageOf([], { architecture: "s390x" });
    await expect(images.resolve(image.digest)).rejects.toMatchObject({ code: "image-missing" });
    await upload(image);
    await expect(images.resolve(image.digest)).rejects.toThrow("built for linux/s390x, this host is");
  });

  test("an image of which a layer is missing", async () => {
    const image = imageOf([await simple()]);
    const [layer] = image.layers;
    for (const [digest, bytes] of image.blobs)
      if (digest !== layer) await images.putBlob(digest, Readable.from([bytes]));
    await expect(images.requireImage(image.digest)).rejects.toMatchObject({
      code: "image-missing",
      message: `read image ${image.digest}: blob ${layer} is not on this host; upload or pull the image again`,
    });
    await upload(image);
    await images.requireImage(image.digest);
  });

  test("a reference to a registry, which no client serves yet", async () => {
    await expect(images.locate(parseReference("foo:1"), noAccess)).rejects.toMatchObject({
      code: "image-missing",
      message: expect.stringMatching(
        /^pull image docker.io\/library\/foo:1: .*; use an oci: layout or a docker-archive:$/,
      ),
    });
    const { digest } = imageOf([]);
    expect(await images.locate(parseReference(`foo@${digest}`), noAccess)).toBe(digest);
  });

  test("a child that dies or talks nonsense", async () => {
    const image = await uploadLayers([[{ name: "file", content: "x" }]]);
    for (const [script, reason] of [
      ["echo no memory >&2; kill -9 $$", "no memory"],
      ["echo '{\"report\":true}'", "the unpacking process ended with 0"],
    ]) {
      images = await open({ unpackCommand: ["/bin/sh", "-c", script as string] });
      await expect(images.unpack(image.digest)).rejects.toMatchObject({
        code: "host-unfit",
        message: `unpack layer ${image.layers[0]}: ${reason}`,
      });
    }
    expect([...inStore("layers"), ...inStore("temp")]).toEqual([]);
  });
});

test("an agent that crashed while unpacking: what was half done is gone, what was whole stays; at once", async () => {
  const image = await uploadLayers([[{ name: "file", content: "x" }]]);
  const layers = await images.unpack(image.digest);
  await mkdir(join(stateDir, "images/temp/half/usr"), { recursive: true });
  await writeFile(join(stateDir, "images/temp/half/usr/file"), "x");
  images = await open({ unpackCommand: ["/bin/false"] });
  expect(inStore("temp")).toEqual([]);
  expect(await images.unpack(image.digest)).toEqual(layers);
});

describe("the store's bound", () => {
  const base = [{ name: "base", content: "x" }];
  const layerFolders = (paths: readonly string[]) => paths.map((path) => path.slice(-64));

  /** Uploads and unpacks one image on top of `base`; file times are as fine as the kernel's tick. */
  async function use(name: string) {
    const image = await uploadLayers([base, [{ name, content: Buffer.alloc(100_000, name) }]]);
    const layers = layerFolders(await images.unpack(image.digest));
    await delay(20);
    return { ...image, folders: layers };
  }

  test("the image unused for longest goes first, what others share stays, one in use never goes", async () => {
    const inUse = new Set<Digest>();
    let maxBytes = 10 ** 9;
    const [used, oldest, newest] = [await use("used"), await use("oldest"), await use("newest")];
    inUse.add(used.digest);
    images = await open({ inUse: () => inUse, maxBytes: () => maxBytes, graceMs: -1 });
    await images.collect();
    expect(inStore("layers")).toHaveLength(4);

    maxBytes = 300_000;
    images = await open({ inUse: () => inUse, maxBytes: () => maxBytes, graceMs: -1 }); // a restart forgets nothing
    await images.collect();
    expect(inStore("layers").sort()).toEqual([...new Set([...used.folders, ...newest.folders])].sort());
    expect(await images.hasImage(oldest.digest)).toBe(false);

    maxBytes = 0;
    await images.collect();
    expect(inStore("layers").sort()).toEqual([...used.folders].sort());
    expect(inStore("blobs")).toHaveLength(used.blobs.size);
    expect(inStore("sizes")).toHaveLength(2);
    expect(inStore("used")).toHaveLength(1);
    await images.removeAll();
    expect(existsSync(join(stateDir, "images"))).toBe(false);
  });

  test("what came an hour ago at most stays, whatever the bound, and while nobody knows what is in use", async () => {
    let inUse: Set<Digest> | undefined = new Set();
    images = await open({ inUse: () => inUse, maxBytes: () => 0 });
    await use("young");
    await images.collect();
    images = await open({ inUse: () => inUse, maxBytes: () => 0, graceMs: -1 });
    inUse = undefined;
    await images.collect();
    expect(inStore("layers")).toHaveLength(2);
  });

  test("an upload that goes over it makes room by itself", async () => {
    const first = await use("first");
    images = await open({ inUse: () => new Set(), maxBytes: () => 0, graceMs: -1 });
    const second = Buffer.from("second");
    await images.putBlob(digestOf(second), Readable.from([second]));
    while (await images.hasImage(first.digest)) await delay(10);
    expect(errors).toEqual([]);
  });
});

test("a blob that the disk damaged counts as missing, so that it is brought again", async () => {
  const image = await uploadLayers([[{ name: "file", content: "x" }]]);
  for (const [digest, problem] of [
    [image.layers[0], "unpack layer"],
    [image.digest, "read blob"],
  ] as const) {
    const path = join(stateDir, "images/blobs", hexOf(digest as Digest));
    const bytes = readFileSync(path);
    await writeFile(path, bytes.subarray(0, bytes.length / 2));
    images = await open();
    await expect(images.unpack(image.digest)).rejects.toMatchObject({
      code: "image-missing",
      message: expect.stringMatching(`^${problem} .*damaged, so removed; upload or pull the image again$`),
    });
    expect(await images.missingBlobs([digest as Digest])).toEqual([digest]);
    await images.putBlob(digest as Digest, Readable.from([bytes]));
  }
  await images.unpack(image.digest);
});

test("what was just asked for is young again: a service that needs it is about to be written", async () => {
  const { digest } = await uploadLayers([[{ name: "old", content: "x" }]]);
  await images.unpack(digest);
  const paths = ["blobs", "layers"].flatMap((name) =>
    inStore(name).map((file) => join(stateDir, "images", name, file)),
  );
  const changed = () => Promise.all(paths.map(async (path) => (await stat(path)).ctimeMs));
  const before = await changed();
  await delay(20); // file times are as fine as the kernel's tick
  await images.requireImage(digest);
  const after = await changed();
  expect(after.every((time, at) => time > (before[at] ?? 0))).toBe(true);
  expect(after).toHaveLength(4);
});

test("the unpacking child keeps five rights on one thread, none on the others, and no way out", async () => {
  const folder = join(stateDir, "cell");
  await mkdir(folder);
  const probe = spawn(
    "setpriv",
    ["--no-new-privs", process.execPath, join(import.meta.dirname, "probe-child.ts"), folder],
    {
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  try {
    const [line] = await once(createInterface({ input: probe.stdout }), "line");
    expect(JSON.parse(String(line))).toEqual({
      root: "EPERM",
      escape: "EPERM",
      device: "EPERM",
      whiteout: "done",
      hostFile: "ENOENT",
    });
    const tasks = readdirSync(`/proc/${probe.pid}/task`);
    expect(tasks.length).toBeGreaterThan(1);
    for (const task of tasks) {
      const status = readFileSync(`/proc/${probe.pid}/task/${task}/status`, "utf8");
      const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1];
      // chown, dac_override, fowner, fsetid, setfcap
      const rights = task === String(probe.pid) ? "000000008000001b" : "0000000000000000";
      expect([field("CapPrm"), field("CapEff"), field("NoNewPrivs")]).toEqual([rights, rights, "1"]);
      expect(field("Uid")).toBe("65534\t65534\t65534\t65534");
    }
  } finally {
    probe.kill("SIGKILL");
  }
});

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { lstat, mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, jest, test } from "@jest/globals";
import koffi from "koffi";
import { imageOf, paxHeader, tarOf } from "./archive.ts";
import { type TestStore, unpackCommand, useStore } from "./store.ts";

jest.setTimeout(60_000);

let store: TestStore;
useStore((opened) => {
  store = opened;
});

const run = promisify(execFile);

/** Node cannot read extended attributes. */
function getAttribute(path: string, name: string): Buffer {
  const value = Buffer.alloc(256);
  const signature = "long lgetxattr(const char *path, const char *name, void *value, size_t size)";
  const length: number = koffi.load("libc.so.6").func(signature)(path, name, value, value.length);
  return value.subarray(0, length);
}

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
    const one = await store.uploadLayers([base, [{ name: "one", content: "1" }]], { compress });
    const two = await store.uploadLayers([base, [{ name: "two", content: "2" }]], { compress });
    const progress: number[] = [];
    const [ones, twos] = await Promise.all([
      store.images.unpack(one.digest, { onProgress: ({ done, total }) => progress.push(done / total) }),
      store.images.unpack(two.digest),
    ]);
    expect(readFileSync(join(ones[0] as string, "one"), "utf8")).toBe("1");
    expect(readFileSync(join(ones[1] as string, "base"), "utf8")).toBe("x");
    expect(twos[1]).toBe(ones[1]);
    expect(progress.at(-1)).toBe(1);
    expect(store.list("layers")).toHaveLength(3);
    expect(store.list("temp")).toEqual([]);
  });

  test("runs once for a layer that many wait for, also when one gives up", async () => {
    const image = await store.uploadLayers([[{ name: "file", content: "x" }]]);
    const count = join(store.stateDir, "count");
    await store.reopen({
      unpackCommand: ["/bin/sh", "-c", `echo started >> ${count}; exec "$@"`, "sh", ...unpackCommand],
    });
    const impatient = store.images.unpack(image.digest, { signal: AbortSignal.timeout(1) });
    const patient = [store.images.unpack(image.digest), store.images.unpack(image.digest)];
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
    const image = await store.upload(imageOf([tar]));
    const [layer] = await store.images.unpack(image.digest);
    const ping = await stat(join(layer as string, "ping"));
    expect([ping.uid, ping.gid, ping.mode & 0o7777]).toEqual([123, 456, 0o4755]);
    expect(getAttribute(join(layer as string, "ping"), "security.capability")).toEqual(capability);
  });

  test("makes every kind of entry in its cell", async () => {
    const image = await store.uploadLayers([
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
    const [layer] = await store.images.unpack(image.digest);
    const look = await Promise.all(
      ["pipe", "was-folder", "private", "private/same"].map((name) => lstat(join(layer as string, name))),
    );
    expect(look.map(({ uid }) => uid)).toEqual([5, 5, 5, 5]);
    expect(look.map(({ mode }) => mode.toString(8))).toEqual(["10620", "120777", "40700", "100400"]);
    expect(readdirSync(layer as string).sort()).toEqual(["pipe", "private", "was-folder"]);
  });

  test("gives folders that a layer only implies the look they have below", async () => {
    const image = await store.uploadLayers([
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
    const [top] = await store.images.unpack(image.digest);
    const look = await stat(join(top as string, "var/tmp"));
    expect([look.mode & 0o7777, look.uid, look.gid]).toEqual([0o1777, 7, 8]);
    expect((await stat(top as string)).mode & 0o7777).toBe(0o555);
    expect((await stat(join(top as string, "link"))).mode & 0o7777).toBe(0o755);
  });

  test("makes whiteouts that a real overlay understands", async () => {
    const image = await store.uploadLayers([
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
    const lower = (await store.images.unpack(image.digest)).join(":");
    const root = join(store.stateDir, "root");
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

test("an agent that crashed while unpacking: what was half done is gone, what was whole stays; at once", async () => {
  const image = await store.uploadLayers([[{ name: "file", content: "x" }]]);
  const layers = await store.images.unpack(image.digest);
  await mkdir(join(store.stateDir, "images/temp/half/usr"), { recursive: true });
  await writeFile(join(store.stateDir, "images/temp/half/usr/file"), "x");
  await store.reopen({ unpackCommand: ["/bin/false"] });
  expect(store.list("temp")).toEqual([]);
  expect(await store.images.unpack(image.digest)).toEqual(layers);
});

test("the unpacking child keeps five rights on one thread, none on the others, and no way out", async () => {
  const folder = join(store.stateDir, "cell");
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

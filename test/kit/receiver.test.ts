import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Kit } from "../../provider/kit/index.ts";
import { buildGoProgram } from "../../tools/setup/go-programs.mjs";
import { type Content, smallKit } from "./small-kit.ts";

const files: Content = {
  "bin/tool": "#!/bin/sh\necho tool\n",
  "bin/one": "#!/bin/sh\necho twice\n",
  "bin/two": "#!/bin/sh\necho twice\n",
  "lib/large": Buffer.alloc(300_000, "some bytes that pack well"),
  "lib/deep/er/noise": Buffer.from(Array.from({ length: 5_000 }, (_, at) => (at * at * 31 + at) % 251)),
  "runtime/abc/libc.so": "a library",
};

let folder: string;
let receiver: string;
let kit: Kit;
let changed: Kit;
let root: string;
let count = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "constellation-receiver-"));
  receiver = join(folder, "receiver");
  buildGoProgram("receiver", receiver);
  kit = await smallKit(join(folder, "first"), files);
  changed = await smallKit(join(folder, "second"), { ...files, "bin/tool": "#!/bin/sh\necho new\n" });
}, 120_000);

beforeEach(() => {
  root = join(folder, `root${count++}`);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Exit {
  readonly code: number | null;
  readonly answer: Record<string, unknown>;
  readonly complaint: string;
}

async function run(
  command: string,
  input: Uint8Array | Readable = Buffer.alloc(0),
  rest: string[] = [],
): Promise<Exit> {
  const child = spawn(receiver, [command, "--root", root, ...rest]);
  child.stdin.on("error", () => {}); // it may refuse before it has read all
  (input instanceof Readable ? input : Readable.from([input])).pipe(child.stdin);
  const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [said, complaint, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  return { code, answer: said === "" ? {} : JSON.parse(said), complaint };
}

async function missing(of: Kit): Promise<string[]> {
  const { answer, complaint } = await run("missing", of.manifestBytes);
  expect(complaint).toBe("");
  return answer.missing as string[];
}

async function streamOf(of: Kit, digests: readonly string[]): Promise<Buffer> {
  return await buffer((await of.pack(digests)).open(() => {}));
}

/** Every name that a user of kits could look at is whole; none but those of whole kits is there. */
function expectNothingHalf(whole: readonly Kit[]): void {
  const names = (of: string) => {
    try {
      return readdirSync(join(root, of));
    } catch {
      return []; // nothing was ever received
    }
  };
  const kits = names(".").filter((name) => /^[0-9a-f]{64}$/.test(name));
  expect(whole.map(({ digest }) => digest)).toEqual(expect.arrayContaining(kits));
  for (const name of names("files")) {
    const content = readFileSync(join(root, "files", name));
    expect(createHash("sha256").update(content).digest("hex")).toBe(name);
  }
}

function expectWhole(of: Kit): void {
  for (const { path, size, mode } of of.manifest.files) {
    const place = path.startsWith("runtime/") ? path : join(of.digest, path);
    const found = statSync(join(root, place));
    expect({ path, size: found.size, mode: `0${(found.mode & 0o7777).toString(8)}` }).toEqual({
      path,
      size,
      mode,
    });
  }
  expect(readFileSync(join(root, of.digest, "manifest.json"))).toEqual(of.manifestBytes);
  expect(readdirSync(join(root, "drafts"))).toEqual([]);
}

describe("a kit", () => {
  test("is put in its place once, and only what changed is asked for again", async () => {
    const all = await missing(kit);
    expect(all).toHaveLength(new Set(kit.manifest.files.map(({ sha256 }) => sha256)).size);
    const { bytes } = await kit.pack(all);
    const stream = await streamOf(kit, all);
    expect(stream.length).toBe(bytes);
    expect(await run("receive", stream)).toMatchObject({
      code: 0,
      answer: { digest: kit.digest, folder: join(root, kit.digest), received: all.length },
    });
    expectWhole(kit);
    expect((await run("missing", kit.manifestBytes)).answer).toMatchObject({ installed: true, missing: [] });

    const news = await missing(changed);
    expect(news).toEqual(
      changed.manifest.files.filter(({ path }) => path === "bin/tool").map(({ sha256 }) => sha256),
    );
    expect((await run("receive", await streamOf(changed, news))).code).toBe(0);
    expectWhole(changed);
    expectWhole(kit);
  });

  test("that came twice at once is whole, as is each of the two", async () => {
    const stream = await streamOf(kit, await missing(kit));
    const both = await Promise.all([run("receive", stream), run("receive", stream)]);
    expect(both.map(({ code, complaint }) => ({ code, complaint }))).toEqual([
      { code: 0, complaint: "" },
      { code: 0, complaint: "" },
    ]);
    expectWhole(kit);
  });

  test("leaves with all that only it needed, once it is not kept", async () => {
    for (const each of [kit, changed]) await run("receive", await streamOf(each, await missing(each)));
    expect(await run("keep", undefined, [changed.digest])).toMatchObject({ code: 0, complaint: "" });
    expectNothingHalf([changed]);
    expectWhole(changed);
    expect(await missing(kit)).toHaveLength(1);
    const unknown = await run("keep", undefined, ["0".repeat(64)]);
    expect(unknown).toMatchObject({ code: 1, complaint: expect.stringContaining("is not here") });
    expectWhole(changed);
  });
});

describe("a transfer", () => {
  test("cut anywhere: nothing half-written is named, and the rest is enough; at the next transfer", async () => {
    const stream = await streamOf(kit, await missing(kit));
    for (let at = 0; at < 24; at++) {
      const cut = stream.subarray(0, Math.floor((stream.length * at) / 24));
      expect(await run("receive", cut)).toMatchObject({ code: 1 });
      expectNothingHalf([kit]);
    }
    const rest = await missing(kit);
    expect(rest.length).toBeLessThan(kit.manifest.files.length - 1);
    expect((await run("receive", await streamOf(kit, rest))).code).toBe(0);
    expectWhole(kit);
  });

  test("changed anywhere: it is refused or makes no difference; the next one succeeds", async () => {
    const stream = await streamOf(kit, await missing(kit));
    for (let at = 0; at < 24; at++) {
      const copy = Buffer.from(stream);
      const position = Math.floor((stream.length * at) / 24);
      copy[position] = (copy[position] ?? 0) ^ 0x10;
      root = `${root}x`;
      const { code } = await run("receive", copy);
      expectNothingHalf([kit]);
      if (code === 0) expectWhole(kit);
    }
    expect((await run("receive", stream)).code).toBe(0);
    expectWhole(kit);
  });

  test("killed on its way: nothing of it stays; at the next transfer", async () => {
    const stream = await streamOf(kit, await missing(kit));
    const child = spawn(receiver, ["receive", "--root", root]);
    child.stdin.on("error", () => {});
    child.stdin.write(stream.subarray(0, stream.length - 10));
    const drafts = join(root, "drafts");
    const deadline = performance.now() + 20_000;
    while (readFolder(drafts).length === 0 && performance.now() < deadline) await new Promise(setImmediate);
    const ended = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGKILL");
    await ended;
    expect(readFolder(drafts)).toHaveLength(1);
    expectNothingHalf([kit]);
    expect((await run("receive", await streamOf(kit, await missing(kit)))).code).toBe(0);
    expectWhole(kit);
  });

  test("of files that a disk has damaged: they are asked for again, and repaired where they are used", async () => {
    await run("receive", await streamOf(kit, await missing(kit)));
    const library = join(root, "runtime", "abc", "libc.so");
    writeFileSync(library, "a lIbrary");
    const damaged = await missing(kit);
    expect(damaged).toHaveLength(1);
    expect((await run("receive", await streamOf(kit, damaged))).code).toBe(0);
    expect(readFileSync(library, "utf8")).toBe("a library");
    expectWhole(kit);
  });

  test("of what the manifest does not name is refused", async () => {
    mkdirSync(root, { recursive: true });
    const other = changed.manifest.files.find(({ path }) => path === "bin/tool")?.sha256 ?? "";
    const stray = await streamOf(changed, [other]);
    const { size } = await kit.pack([]).then(({ bytes }) => ({ size: bytes }));
    const own = await streamOf(kit, []);
    const header = own.subarray(0, size - "end\n".length);
    const tail = stray.subarray(own.length - "end\n".length);
    const refused = await run("receive", Buffer.concat([header, tail]));
    expect(refused).toMatchObject({
      code: 1,
      complaint: expect.stringContaining("the manifest does not name it"),
    });
    expectNothingHalf([kit]);
  });
});

test("a receiver that was cut or changed on its way says so", async () => {
  const digest = "0".repeat(64);
  const child = spawn(receiver, ["check", digest]);
  const [complaint, code] = await Promise.all([
    text(child.stderr),
    new Promise((resolve) => child.once("close", resolve)),
  ]);
  expect({ code, complaint }).toEqual({
    code: 1,
    complaint: expect.stringContaining("it was cut or changed on its way"),
  });
});

function readFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return []; // not yet
  }
}

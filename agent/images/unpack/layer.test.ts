import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type CraftedEntry, paxHeader, tarOf } from "../../../test/images/archive.ts";
import { unpackLimits } from "../limits.ts";
import { unpackLayer } from "./layer.ts";

/** This test's folder; the layer goes to `root` in it, so that what escapes is seen beside it. */
let folder: string;
let root: string;
let attributes: [string, string, Buffer][];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "layer-"));
  root = join(folder, "root");
  mkdirSync(root);
  attributes = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const me = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

/** Whiteouts become plain files here, so that the test needs no rights. */
const files = {
  makeNode: (path: Buffer, mode: number) =>
    writeFileSync(path, mode === 0o020000 ? "whiteout" : "fifo", { flag: "wx" }),
  setAttribute: (path: Buffer, name: string, value: Buffer) =>
    void attributes.push([String(path), name, value]),
};

async function* inPieces(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const unpackBytes = (tar: Buffer, limits = {}, pieceBytes = 700) =>
  unpackLayer(inPieces(tar, pieceBytes), root, files, { ...unpackLimits, ...limits });
const unpack = async (entries: readonly CraftedEntry[], limits = {}) =>
  unpackBytes(await tarOf(entries.map((entry) => ({ ...me, ...entry }))), limits);
const at = (path: string) => join(root, path);

describe("what entries become", () => {
  test("files, folders and links with their modes and times", async () => {
    const mtime = new Date(1_600_000_000_000);
    await unpack([
      { name: "bin/", type: "directory", mode: 0o1750, mtime },
      { name: "bin/tool", content: "x".repeat(5000), mode: 0o4755, mtime },
      { name: "bin/same", type: "link", linkname: "bin/tool" },
      { name: "bin/alias", type: "symlink", linkname: "../../../../etc/passwd" },
      { name: "pipe", type: "fifo" },
    ]);
    const [tool, bin] = [lstatSync(at("bin/tool")), lstatSync(at("bin"))];
    expect([tool.size, tool.mode & 0o7777, tool.nlink, tool.mtimeMs]).toEqual([5000, 0o4755, 2, +mtime]);
    expect([bin.mode & 0o7777, bin.mtimeMs]).toEqual([0o1750, +mtime]);
    expect(readlinkSync(at("bin/alias"))).toBe("../../../../etc/passwd");
    expect(readFileSync(at("pipe"), "utf8")).toBe("fifo");
  });

  test("long names, and names that are no UTF-8", async () => {
    const long = `${"d".repeat(120)}/${"e".repeat(120)}/${"f".repeat(120)}`;
    await unpack([{ name: long, content: "x" }]);
    expect(readFileSync(at(long), "utf8")).toBe("x");
    const tar = await tarOf([{ name: "caf_", content: "y", ...me }]);
    await unpackBytes(Buffer.concat([await paxHeader(Buffer.from("13 path=caf\xe9\n", "latin1")), tar]));
    expect(readdirSync(Buffer.from(root), "buffer").map((name) => name.toString("latin1"))).toContain(
      "caf\xe9",
    );
  });

  test("attributes keep every byte; those of the builder's machine are dropped", async () => {
    const record = (key: string, value: string) => {
      const body = ` SCHILY.xattr.${key}=${value}\n`;
      return `${body.length + 2}${body}`;
    };
    const capability = "\x01\x00\x00\x02\x80\xff\x00\x00";
    const records =
      record("security.capability", capability) +
      record("trusted.overlay.opaque", "y") +
      record("user.overlay.redirect", "/");
    const tar = await tarOf([{ name: "ping", content: "x", ...me }]);
    await unpackBytes(Buffer.concat([await paxHeader(Buffer.from(records, "latin1")), tar]));
    expect(attributes).toEqual([[at("ping"), "security.capability", Buffer.from(capability, "latin1")]]);
  });

  test("devices are left out and counted", async () => {
    const report = await unpack([{ name: "dev/null", type: "character-device", devmajor: 1, devminor: 3 }]);
    expect(report).toEqual({ entries: 1, skipped: 1, opaque: [], implied: [""] });
    expect(existsSync(at("dev"))).toBe(false);
  });

  test("folders that no entry describes are reported, parents first", async () => {
    expect(
      (
        await unpack([
          { name: "a/b/c/file", content: "x" },
          { name: "a/b", type: "directory" },
        ])
      ).implied,
    ).toEqual(["", "a", "a/b/c"]);
  });

  test("a later entry replaces an earlier one of its name, a link rather than what it points to", async () => {
    writeFileSync(join(folder, "outside"), "mine");
    await unpack([
      { name: "file", type: "symlink", linkname: "../outside" },
      { name: "file", content: "new" },
      { name: "dir/inner", content: "x" },
      { name: "dir", content: "now a file" },
    ]);
    expect(readFileSync(join(folder, "outside"), "utf8")).toBe("mine");
    expect(readFileSync(at("file"), "utf8")).toBe("new");
    expect(readFileSync(at("dir"), "utf8")).toBe("now a file");
  });
});

describe("whiteouts", () => {
  test("hide one name, or all that a folder has below", async () => {
    const report = await unpack([
      { name: "etc/.wh.motd" },
      { name: "var/cache", type: "directory" },
      { name: "var/cache/.wh..wh..opq" },
    ]);
    expect(readFileSync(at("etc/motd"), "utf8")).toBe("whiteout");
    expect(report.opaque).toEqual(["var/cache"]);
  });

  test("do not hide what their own layer brings, in either order", async () => {
    const report = await unpack([
      { name: ".wh.first" },
      { name: "first", content: "kept" },
      { name: "second", content: "kept" },
      { name: ".wh.second" },
      { name: ".wh.dir" },
      { name: "dir/file", content: "kept" },
    ]);
    for (const path of ["first", "second", "dir/file"]) expect(readFileSync(at(path), "utf8")).toBe("kept");
    expect(report.opaque).toEqual(["dir"]);
  });
});

describe("what is refused, with nothing outside touched", () => {
  const evil: [string, CraftedEntry[], string][] = [
    [
      "a path that climbs",
      [{ name: "../../etc/passwd", content: "x" }],
      "entry ../../etc/passwd points outside of the image",
    ],
    ["an absolute path", [{ name: "/tmp/x", content: "x" }], "entry /tmp/x points outside of the image"],
    [
      "a write through a link",
      [
        { name: "out", type: "symlink", linkname: ".." },
        { name: "out/evil", content: "x" },
      ],
      "entry out/evil goes through out, which is not a folder",
    ],
    [
      "a whiteout through a link",
      [{ name: "out", type: "symlink", linkname: ".." }, { name: "out/.wh.outside" }],
      "entry out/.wh.outside goes through out",
    ],
    [
      "an opaque mark through a link",
      [{ name: "out", type: "symlink", linkname: ".." }, { name: "out/.wh..wh..opq" }],
      "entry out/.wh..wh..opq goes through out",
    ],
    [
      "a folder over a file's inside",
      [
        { name: "file", content: "x" },
        { name: "file/sub", type: "directory" },
      ],
      "entry file/sub goes through file, which is not a folder",
    ],
    [
      "a hard link that climbs",
      [{ name: "l", type: "link", linkname: "../outside" }],
      "entry l links to ../outside, which points outside of the image",
    ],
    [
      "a hard link through a link",
      [
        { name: "out", type: "symlink", linkname: ".." },
        { name: "l", type: "link", linkname: "out/outside" },
      ],
      "entry l links to out/outside, which is not in the layer",
    ],
    [
      "a hard link to nothing",
      [{ name: "l", type: "link", linkname: "gone" }],
      "entry l links to gone, which is not in the layer",
    ],
    [
      "a hard link to a folder",
      [
        { name: "d", type: "directory" },
        { name: "l", type: "link", linkname: "d" },
      ],
      "entry l links to the folder d",
    ],
  ];
  test.each(evil)("%s", async (_, entries, message) => {
    writeFileSync(join(folder, "outside"), "mine");
    await expect(unpack(entries)).rejects.toThrow(message);
    expect(readdirSync(folder).sort()).toEqual(["outside", "root"]);
    expect(lstatSync(join(folder, "outside")).nlink).toBe(1);
  });

  test("more entries than allowed", async () => {
    const entries = Array.from({ length: 6 }, (_, index) => ({ name: `d/${index}`, content: "" }));
    await expect(unpack(entries, { entries: 5 })).rejects.toThrow(
      "entry d/4 is one more than the 5 a layer may have",
    );
  });

  test("an oversized extended header", async () => {
    await expect(unpack([{ name: "n".repeat(200), content: "" }], { headerBytes: 100 })).rejects.toThrow(
      "has a header of",
    );
  });

  test("a sparse file, whose holes would be lost", async () => {
    const tar = await tarOf([{ name: "disk.img", content: "x", ...me }]);
    const sparse = Buffer.concat([await paxHeader(Buffer.from("22 GNU.sparse.major=1\n")), tar]);
    await expect(unpackBytes(sparse)).rejects.toThrow(
      "entry disk.img is a sparse file; write the layer without sparse files",
    );
  });

  test("an archive that is cut or spoilt", async () => {
    const tar = await tarOf([{ name: "file", content: "x".repeat(2000), ...me }]);
    await expect(unpackBytes(tar.subarray(0, 1500))).rejects.toThrow("the archive ends early");
    await expect(unpackBytes(tar.subarray(0, 300))).rejects.toThrow("the archive ends early");
    await expect(unpackBytes(Buffer.from("z".repeat(512)))).rejects.toThrow("not a tar header");
  });
});

test("the pieces in which an archive arrives do not matter", async () => {
  const tar = await tarOf([
    { name: "a/file", content: "0123456789".repeat(100), ...me },
    { name: `${"l".repeat(150)}/${"o".repeat(90)}`, content: "long", ...me },
  ]);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: tar.length }), async (pieceBytes) => {
      rmSync(root, { recursive: true });
      mkdirSync(root);
      expect((await unpackBytes(tar, {}, pieceBytes)).entries).toBe(4);
      expect(readFileSync(at("a/file"), "utf8")).toBe("0123456789".repeat(100));
    }),
    { numRuns: 30 },
  );
});

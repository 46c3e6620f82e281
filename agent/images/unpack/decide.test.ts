import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { unpackLimits } from "../limits.ts";
import { decide } from "./decide.ts";

const step = (type: string, name: string, linkName = "") => decide({ type, name, linkName }, unpackLimits);

test.each([
  ["0", "etc/motd", "", { kind: "file", path: "etc/motd" }],
  ["0", "./etc//motd", "", { kind: "file", path: "etc/motd" }],
  ["7", "old", "", { kind: "file", path: "old" }],
  ["5", "usr/bin/", "", { kind: "folder", path: "usr/bin" }],
  ["5", "./", "", { kind: "folder", path: "" }],
  ["5", "/", "", { kind: "folder", path: "" }],
  ["2", "lib", "usr/lib", { kind: "symlink", path: "lib", target: "usr/lib" }],
  ["2", "out", "../../../etc", { kind: "symlink", path: "out", target: "../../../etc" }],
  ["1", "b", "./a", { kind: "hardlink", path: "b", target: "a" }],
  ["6", "pipe", "", { kind: "fifo", path: "pipe" }],
  ["3", "dev/null", "", { kind: "skip", path: "dev/null" }],
  ["4", "dev/sda", "", { kind: "skip", path: "dev/sda" }],
  ["0", "etc/.wh.motd", "", { kind: "whiteout", path: "etc/motd" }],
  ["0", ".wh.etc", "", { kind: "whiteout", path: "etc" }],
  ["0", "etc/.wh..wh..opq", "", { kind: "opaque", path: "etc" }],
  ["0", ".wh..wh..opq", "", { kind: "opaque", path: "" }],
  ["0", ".wh..wh.plnk", "", { kind: "skip", path: ".wh..wh.plnk" }],
])("type %s, %s -> %s", (type, name, linkName, expected) => {
  expect(step(type, name, linkName)).toEqual(expected);
});

const outside = "points outside of the image; rebuild the image";

test.each([
  ["0", "../../etc/passwd", "", `entry ../../etc/passwd ${outside}`],
  ["0", "a/../../b", "", `entry a/../../b ${outside}`],
  ["5", "..", "", `entry .. ${outside}`],
  ["0", "/etc/passwd", "", `entry /etc/passwd ${outside}`],
  ["1", "shadow", "../../etc/shadow", `entry shadow links to ../../etc/shadow, which ${outside}`],
  ["1", "shadow", "/etc/shadow", `entry shadow links to /etc/shadow, which ${outside}`],
  ["0", ".wh.", "", "entry .wh. hides nothing that can be named"],
  ["0", "a/.wh...", "", "entry a/.wh... hides nothing that can be named"],
  ["2", ".", "x", "entry . would replace the image's root"],
  ["2", "l", "", "entry l is a symbolic link to nothing"],
  ["0", "a\0b", "", "has a null byte in its name"],
  ["0", "n".repeat(256), "", "has a name longer than 255 bytes"],
  ["0", "n/".repeat(2100), "", "has a path longer than 4095 bytes"],
  ["V", "x", "", 'entry x is of the unknown type "V"'],
])("type %s, %s is refused", (type, name, linkName, message) => {
  expect(() => step(type, name, linkName)).toThrow(message);
});

test("whatever a name holds, the path stays below the root", () => {
  const parts = fc.constantFrom("..", ".", "", "a", ".wh.", ".wh..wh..opq", "...", "b");
  const name = fc.array(parts, { maxLength: 6 }).map((each) => each.join("/"));
  fc.assert(
    fc.property(fc.constantFrom("0", "1", "2", "5"), name, name, (type, path, linkName) => {
      let decided: ReturnType<typeof decide>;
      try {
        decided = step(type, path, linkName);
      } catch (error) {
        expect(error).toMatchObject({ name: "Refusal" });
        return;
      }
      const paths = decided.kind === "hardlink" ? [decided.path, decided.target] : [decided.path];
      for (const each of paths) {
        expect(each.startsWith("/")).toBe(false);
        expect(each.split("/").some((part) => part === ".." || part === ".")).toBe(false);
      }
    }),
  );
});

import { expect, test } from "@jest/globals";
import { listMountsBelow, parseMountinfo } from "./mountinfo.ts";

const text = [
  "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue",
  "37 35 0:44 / /with\\040blank\\134 ro,relatime - overlay overlay rw,lowerdir=/a:/b",
  "38 35 0:4 net:[4026532281] /run/ns rw shared:1 master:2 - nsfs nsfs rw",
  "",
].join("\n");

test("reads mount points with their type and access, whatever optional fields there are", () => {
  expect(parseMountinfo(text)).toEqual([
    { target: "/mnt2", type: "ext3", access: "read-write" },
    { target: "/with blank\\", type: "overlay", access: "read-only" },
    { target: "/run/ns", type: "nsfs", access: "read-write" },
  ]);
});

test("lists what is mounted below a folder, not beside it", async () => {
  const below = await listMountsBelow("/proc");
  expect(below[0]).toMatchObject({ target: "/proc", type: "proc" });
  expect(await listMountsBelow("/pro")).toEqual([]);
});

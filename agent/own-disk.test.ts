import { expect, test } from "@jest/globals";
import { diskLimits, watchOwnDisk } from "./own-disk.ts";

test("a disk is full below one bound and until there is more than another, and room is asked for now and then", () => {
  let now = 0;
  let free = diskLimits.fullBytes;
  const asked: number[] = [];
  const isFull = watchOwnDisk({
    ...{ freeBytes: () => free, clock: () => now },
    makeRoom: () => asked.push(now),
  });
  const after = (ms: number, bytes: number) => {
    now += ms;
    free = bytes;
    return isFull();
  };
  expect(isFull()).toBe(false);
  expect(after(diskLimits.lookMs - 1, 0)).toBe(false);
  expect(after(1, diskLimits.fullBytes - 1)).toBe(true);
  expect(after(diskLimits.lookMs, diskLimits.roomBytes - 1)).toBe(true);
  expect(asked).toEqual([diskLimits.lookMs]);
  expect(after(diskLimits.makeRoomMs, 0)).toBe(true);
  expect(asked).toHaveLength(2);
  expect(after(diskLimits.lookMs, diskLimits.roomBytes)).toBe(false);
});

test("a folder that cannot be looked at is not full", () => {
  const freeBytes = () => {
    throw new Error("ENOENT");
  };
  expect(watchOwnDisk({ freeBytes, clock: () => 0, makeRoom: () => undefined })()).toBe(false);
});

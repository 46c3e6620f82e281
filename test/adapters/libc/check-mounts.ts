import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseMounts } from "../../lab/hierarchies.ts";
import type { Check } from "./implementations.ts";

export const checkOverlay: Check = async ({ mounts }, folder) => {
  const [lowerdirs, upper, work, target] = layers(folder, ["one", "two"]);
  await mounts.overlay({ lowerdirs, writable: { upper, work }, target });
  assert.deepEqual(readdirSync(target).sort(), ["one", "two"]);
  assert.equal(readFileSync(join(target, "two"), "utf8"), "two");
  writeFileSync(join(target, "new"), "");
  assert.deepEqual(readdirSync(upper), ["new"]);
  assert.deepEqual(mountsIn(folder), [{ mountPoint: target, fileSystem: "overlay", access: "rw" }]);
  assert.equal(await mounts.unmount(target), true);
  assert.equal(await mounts.unmount(target), false, "repeating it is no error");
  assert.equal(await mounts.unmount(join(folder, "absent")), false);
  await assert.rejects(
    mounts.overlay({ lowerdirs: [join(folder, "absent")], writable: { upper, work }, target }),
  );
};

/** Past the page of options that mount(2) takes, and with characters that mean something in them. */
export const checkManyLayers: Check = async ({ mounts }, folder) => {
  const names = Array.from({ length: 120 }, (_, index) => `layer,${index}:${"x".repeat(60)}`);
  const [lowerdirs, upper, work, target] = layers(folder, names);
  await mounts.overlay({ lowerdirs, writable: { upper, work }, target });
  assert.equal(readdirSync(target).length, 120);
  await mounts.unmount(target);
  const tooMany = Array.from({ length: 400 }, () => lowerdirs[0] ?? "");
  await assert.rejects(mounts.overlay({ lowerdirs: tooMany, writable: { upper, work }, target }), {
    code: "E2BIG",
  });
};

export const checkReadOnly: Check = async ({ mounts }, folder) => {
  const [lowerdirs, , , target] = layers(folder, ["one", "two"]);
  for (const shown of [lowerdirs, lowerdirs.slice(0, 1)]) {
    await mounts.overlay({ lowerdirs: shown, target });
    assert.equal(readdirSync(target).length, shown.length);
    assert.throws(() => writeFileSync(join(target, "new"), ""), { code: "EROFS" });
    await mounts.unmount(target);
  }
  await mounts.bind({ source: lowerdirs[0] ?? "", target });
  writeFileSync(join(target, "new"), "");
  await mounts.bind({ source: lowerdirs[1] ?? "", target, access: "read-only" });
  assert.throws(() => writeFileSync(join(target, "new"), ""), { code: "EROFS" });
  assert.equal(mountsIn(target).at(-1)?.access, "ro");
  await mounts.unmount(target);
  await mounts.unmount(target);
  await assert.rejects(mounts.bind({ source: join(folder, "absent"), target }));
};

export const checkTmpfs: Check = async ({ mounts }, folder) => {
  const target = join(folder, "with blank");
  mkdirSync(target);
  await mounts.tmpfs({ target, sizeBytes: 65_536, mode: 0o700 });
  assert.equal(statSync(target).mode & 0o777, 0o700);
  assert.throws(() => writeFileSync(join(target, "big"), Buffer.alloc(100_000)), { code: "ENOSPC" });
  assert.deepEqual(mountsIn(target), [{ mountPoint: target, fileSystem: "tmpfs", access: "rw" }]);
  assert.equal(await mounts.unmount(target), true);
};

/** A folder a layer with one file of its name in it, and the three others an overlay needs. */
function layers(
  folder: string,
  names: readonly string[],
): [lowerdirs: string[], upper: string, work: string, target: string] {
  const make = (name: string) => {
    mkdirSync(join(folder, name));
    return join(folder, name);
  };
  const lowerdirs = names.map((name, index) => {
    const layer = make(`l-${name}`);
    writeFileSync(join(layer, names.length > 2 ? String(index) : name), name);
    return layer;
  });
  return [lowerdirs, make("upper"), make("work"), make("root")];
}

function mountsIn(folder: string) {
  return parseMounts(readFileSync("/proc/self/mountinfo", "utf8"))
    .filter(({ mountPoint }) => mountPoint === folder || mountPoint.startsWith(`${folder}/`))
    .map(({ mountPoint, fileSystem, options }) => ({
      mountPoint,
      fileSystem,
      access: options.split(",")[0],
    }));
}

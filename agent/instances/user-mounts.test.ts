import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { userMounts } from "./user-mounts.ts";
import type { Workload } from "./workload.ts";

let root: string;
beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "cst-mounts-")));
  for (const folder of ["agent/state/images", "data"]) mkdirSync(join(root, folder), { recursive: true });
  symlinkSync("agent/state", join(root, "detour"));
});
afterAll(() => rmSync(root, { recursive: true }));

async function mount(path: string, create = false) {
  const mounts = [{ target: "/x", hostPath: { path: join(root, path), create }, readOnly: true }];
  const host = { name: "alpha", closed: [join(root, "agent/state")] };
  return await userMounts({ mounts } as unknown as Workload, host);
}

test.each(["agent/state", "agent/state/images", "agent", "", "detour", "detour/images", "data/../agent"])(
  "the agent's own folder is refused, by whatever path: %s",
  async (path) => {
    await expect(mount(path)).rejects.toThrow(
      /^mount \/x: \S+ on host alpha .*the agent's own.*; mount a folder/,
    );
  },
);

test("nothing is made within the agent's own folder", async () => {
  await expect(mount("detour/new/folder", true)).rejects.toThrow(/leads to the agent's own/);
  expect(existsSync(join(root, "agent/state/new"))).toBe(false);
});

test("a folder beside it is mounted, and made where asked", async () => {
  const source = join(root, "data");
  expect(await mount("data")).toEqual([{ kind: "bind", source, target: "/x", readOnly: true }]);
  expect(await mount("data/new", true)).toMatchObject([{ source: join(source, "new") }]);
  await expect(mount("nowhere")).rejects.toThrow(/has no .*nowhere; create it there/);
});

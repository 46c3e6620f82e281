import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "@jest/globals";
import { look, perform, recoverSwap, recoverySteps, swap, swapSteps } from "./swap.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A state folder with files that hold these texts. */
function lay(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "swap-"));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

function read(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  const paths = entries.map(({ parentPath, name }) => join(parentPath, name)).sort();
  return Object.fromEntries(paths.map((path) => [path.slice(folder.length + 1), readFileSync(path, "utf8")]));
}

const under = (folder: string, files: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]));

const core = (text: string) => ({ "etcd/member/wal": text, "secrets.key": text, "host-name": text });
const withLogins = (text: string) => ({ ...core(text), "auth.json": text });
const others = { ".constellation": "id", "images/x": "image" };
const earlier = under("replaced", core("before that"));

const cases = [
  { title: "a whole machine", old: withLogins("old"), new: withLogins("new") },
  { title: "a machine with logins that the backup lacks", old: withLogins("old"), new: core("new") },
  { title: "a machine without logins", old: core("old"), new: withLogins("new") },
  { title: "a machine that has lost its key", old: { "etcd/member/wal": "old" }, new: core("new") },
  { title: "an empty machine", old: {}, new: withLogins("new") },
];

describe.each(cases)("a swap on $title", ({ old, new: incoming }) => {
  const before = { ...others, ...earlier, ...old };
  const lasting = Object.entries(old).filter(([name]) => !(name in incoming));
  const replaced = Object.fromEntries(Object.entries(old).filter(([name]) => name in incoming));
  const after = {
    ...others,
    ...incoming,
    ...Object.fromEntries(lasting),
    ...under("replaced", replaced),
  };
  const start = () => lay({ ...before, ...under("restored", incoming) });
  const steps = () => swapSteps(look(start()));
  /** The last new name is in place: from here it goes on, before it goes back. */
  const decided = () => steps().length - 3;

  test("puts the new in place and keeps the old", () => {
    const folder = start();
    expect(swap(folder)).toBe(join(folder, "replaced"));
    expect(read(folder)).toEqual(after);
    expect(recoverSwap(folder)).toBeUndefined();
  });

  test("cut after any step, is undone or finished by the next to come, and can be done again", () => {
    for (let count = 1; count < steps().length; count++) {
      const folder = start();
      for (const step of steps().slice(0, count)) perform(folder, step);
      const said = recoverSwap(folder);
      expect([count, said]).toEqual([
        count,
        expect.stringContaining(count < decided() ? "back" : "finished"),
      ]);
      expect([count, read(folder)]).toEqual([count, count < decided() ? before : after]);
      expect(["restored", "replaced.new"].some((name) => existsSync(join(folder, name)))).toBe(false);
    }
  });

  test("may be cut in its recovery too, after any step of that", () => {
    for (let count = 1; count < steps().length; count++) {
      for (let recovered = 1; ; recovered++) {
        const folder = start();
        for (const step of steps().slice(0, count)) perform(folder, step);
        const recovery = recoverySteps(look(folder));
        if (recovered > recovery.length) break;
        for (const step of recovery.slice(0, recovered)) perform(folder, step);
        recoverSwap(folder);
        // What was laid ready may stay behind, until the next restore.
        rmSync(join(folder, "restored"), { recursive: true, force: true });
        expect([count, recovered, read(folder)]).toEqual([
          count,
          recovered,
          count < decided() ? before : after,
        ]);
      }
    }
  });
});

test("what another restore lays ready is left alone", () => {
  const folder = lay({ ...core("old"), ...under("restored", core("new")) });
  expect(recoverSwap(folder)).toBeUndefined();
  expect(read(folder)).toEqual({ ...core("old"), ...under("restored", core("new")) });
});

test("a folder that is not there needs nothing", () => {
  expect(recoverSwap(join(lay({}), "nowhere"))).toBeUndefined();
});

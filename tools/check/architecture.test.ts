import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { cruise, type ICruiseResult } from "dependency-cruiser";
import architecture from "../../.dependency-cruiser.mjs";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "architecture-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Files that every case starts from: all that is allowed. */
const sound = {
  "contract/index.ts": `export type { Name } from "./names.ts";`,
  "contract/names.ts": "export type Name = string;",
  "contract/images/index.ts": "export const parse = 1;",
  "agent/main.ts": "export const program = () => import('./run.ts');",
  "agent/run.ts": `import { crun } from "./adapters/crun/index.ts";\nimport { loop } from "./services/index.ts";\nloop(crun);`,
  "agent/lib/serial.ts": "export const serial = 1;",
  "agent/services/index.ts": `export { loop } from "./loop.ts";`,
  "agent/services/loop.ts": `import { serial } from "../lib/serial.ts";\nexport const loop = (x: number) => x + serial;`,
  "agent/images/index.ts": "export type Image = string;",
  "agent/images/layers.ts": "export type Layer = string;",
  "agent/adapters/crun/index.ts": `import type { Image } from "../../images/index.ts";\nexport const crun: number & Image = 1 as never;`,
  "agent/adapters/crun/config.ts": "export const config = 1;",
  "agent/adapters/etcd/index.ts": "export const etcd = 1;",
  "provider/main.ts": `import type { Name } from "../contract/index.ts";\nimport { parse } from "../contract/images/index.ts";\nexport const name: Name = String(parse);`,
  "test/archive.ts": "export const archive = 1;",
};

test("what the design allows is accepted", async () => {
  expect(await violations({})).toEqual([]);
});

test.each([
  [
    "contract-imports-none",
    "contract/names.ts",
    `export type { Image as Name } from "../agent/images/index.ts";`,
  ],
  [
    "contract-through-index",
    "provider/main.ts",
    `import type { Name } from "../contract/names.ts";\nexport type N = Name;`,
  ],
  [
    "provider-stands-alone",
    "provider/main.ts",
    `import type { Image } from "../agent/images/index.ts";\nexport type I = Image;`,
  ],
  ["agent-stands-alone", "agent/services/loop.ts", `export { name as loop } from "../../provider/main.ts";`],
  [
    "adapters-only-in-main",
    "agent/services/loop.ts",
    `export type { crun as loop } from "../adapters/crun/index.ts";`,
  ],
  [
    "folder-through-index",
    "agent/services/loop.ts",
    `export type { Layer as loop } from "../images/layers.ts";`,
  ],
  ["adapter-through-index", "agent/adapters/etcd/index.ts", `export { config } from "../crun/config.ts";`],
  [
    "no-cycle",
    "agent/services/loop.ts",
    `import type { loop as self } from "./index.ts";\nexport type loop = typeof self;`,
  ],
  [
    "product-without-tests",
    "agent/services/loop.ts",
    `export { archive as loop } from "../../test/archive.ts";`,
  ],
  ["programs-use-the-sdk", "stacks/local/index.ts", `import "../../provider/main.ts";`],
  ["resolvable", "agent/services/loop.ts", `export { loop } from "./gone.ts";`],
])("%s", async (rule, file, source) => {
  expect(await violations({ [file]: source })).toEqual([rule]);
});

/** Names of the rules that the files break, each once. */
async function violations(changed: Record<string, string>): Promise<string[]> {
  for (const [path, source] of Object.entries({ ...sound, ...changed })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), source);
  }
  const options = {
    tsPreCompilationDeps: true,
    baseDir: folder,
    validate: true,
    ruleSet: { forbidden: architecture.forbidden },
  };
  const roots = [
    "agent",
    "contract",
    "provider",
    "test",
    ...("stacks/local/index.ts" in changed ? ["stacks"] : []),
  ];
  const { output } = await cruise(roots, options);
  const { summary } = output as ICruiseResult;
  return [...new Set(summary.violations.map(({ rule }) => rule.name))];
}

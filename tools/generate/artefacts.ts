import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openapi, pulumiSchema, reference } from "../../contract/generate/index.ts";
import { pinnedTools, root } from "../lib/places.mjs";
import { run } from "../lib/run.mjs";
import { faultsPage } from "./faults.ts";

const generatorTimeoutMs = 120_000;
const languages = ["nodejs", "python", "go"] as const;

/** Folders that hold nothing but generated files, and what a build leaves in them. */
export const ownedFolders = ["docs/reference", ...languages.map((language) => `sdk/${language}`)];
export const leftovers: ReadonlySet<string> = new Set([
  "bin",
  "node_modules",
  "__pycache__",
  "build",
  "dist",
]);

/** Every generated file by its path below the clone's root. */
export function artefacts(): ReadonlyMap<string, string> {
  const { version, description } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const schema = json(pulumiSchema(version));
  return new Map([
    ["provider/schema.json", schema],
    ["docs/reference/openapi.json", json(openapi())],
    ...[...reference()].map(([name, text]) => [`docs/reference/${name}`, text] as const),
    ["docs/faults.md", faultsPage(root)],
    ...sdks(schema),
    // Named by pyproject.toml, and not made by the generator.
    ["sdk/python/README.md", `${description}\n`],
    ["sdk/go/go.mod", goModule()],
  ]);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** What Pulumi's own code generators write for the schema. */
function sdks(schema: string): [string, string][] {
  const folder = mkdtempSync(join(tmpdir(), "constellation-generate-"));
  try {
    const schemaFile = join(folder, "schema.json");
    const out = join(folder, "sdk");
    writeFileSync(schemaFile, schema);
    const args = ["-schema", schemaFile, "-out", out, "-languages", languages.join(",")];
    run(join(pinnedTools, "gen"), args, { timeoutMs: generatorTimeoutMs });
    const entries = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    return entries
      .map((entry): [string, string] => {
        const file = join(entry.parentPath, entry.name);
        return [`sdk${file.slice(out.length)}`, readFileSync(file, "utf8")];
      })
      .sort(([a], [b]) => (a < b ? -1 : 1));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The generator makes packages, not a module: without this file no Go program could require them. */
function goModule(): string {
  const pinned = readFileSync(join(root, "tools", "go", "pulumi", "go.mod"), "utf8");
  const sdk = /github\.com\/pulumi\/pulumi\/sdk\/v3 (v\S+)/.exec(pinned)?.[1];
  return `module github.com/constellation/pulumi-constellation/sdk/go

go 1.23

require (
	github.com/blang/semver v3.5.1+incompatible
	github.com/pulumi/pulumi/sdk/v3 ${sdk}
)
`;
}

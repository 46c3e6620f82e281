import { basename, resolve } from "node:path";
import { ConstellationError, connect } from "../../contract/index.ts";
import {
  findPlaces,
  firstSteps,
  type Language,
  languages,
  type Places,
  programFiles,
  projectName,
  writeFolder,
} from "../scaffold/index.ts";
import { type Action, type Session, UsageError } from "../session/index.ts";

/** Where nothing better is known: a layout beside the program, for the user to fill. */
const imageToMake = "oci:images:busybox";

/** `--json`: `{ "folder": "/abs/shop", "language": "typescript", "files": ["Pulumi.yaml", ...], "next": ["npm install", ...] }`. */
export const newProgram: Action = async ({ session, args, options }) => {
  const folder = resolve(session.cwd, args[0] ?? "");
  const language = options.language ?? "typescript";
  if (!languages.includes(language))
    throw new UsageError(`--language ${language}: choose one of ${languages.join(", ")}`);
  const places = findPlaces(session.env, import.meta.dirname);
  const files = programFiles({
    project: projectName(basename(folder)),
    language,
    sdk: sdkOf(language, places),
    plugins: places.plugins,
    image: places.images === undefined ? imageToMake : `oci:${places.images}:busybox`,
    withCluster: options.cluster ?? !(await hasCluster(session)),
  });
  writeFolder(folder, files);
  const next = firstSteps(language);
  if (session.isJson) await session.output.json({ folder, language, files: Object.keys(files).sort(), next });
  else await session.output.lines(report(folder, args[0] ?? "", Object.keys(files), next));
  if (places.images === undefined)
    session.output.note(
      `the program names ${imageToMake}: put an OCI layout with that image into ${folder}/images, or name another image`,
    );
  return 0;
};

function report(folder: string, typed: string, files: readonly string[], next: readonly string[]): string[] {
  return [
    `wrote ${folder}: ${[...files].sort().join(", ")}`,
    "",
    "next:",
    ...[`cd ${typed}`, ...next].map((line) => `  ${line}`),
  ];
}

function sdkOf(language: Language, places: Places): string | undefined {
  if (language === "yaml") return undefined;
  const sdk = language === "python" ? places.pythonSdk : places.typescriptSdk;
  if (sdk !== undefined) return sdk;
  throw new ConstellationError(
    "not-found",
    `write program: the SDK for ${language} is not here; set CONSTELLATION_SDK to the clone's sdk/nodejs folder: eval "$(npm run -s env)"`,
  );
}

/** Whether this machine's agent has a cluster that a program can use as it is. */
async function hasCluster(session: Session): Promise<boolean> {
  const agent = connect(await session.address(), { connectTimeoutMs: 0, timeoutMs: 1_000 });
  try {
    return (await agent.info()).clusterId !== null;
  } catch {
    return false; // nobody answers: then the program has to make one
  }
}

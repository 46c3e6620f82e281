import { writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { ConstellationError, connect, resources } from "../../contract/index.ts";
import { archive, type Collected, gatherFromApi, type Manifest } from "../diagnose/index.ts";
import { agentProgram } from "../machine/index.ts";
import type { Action, Session } from "../session/index.ts";
import { shortBytes } from "../terminal/index.ts";
import { version } from "../version.ts";

const inspectMs = 60_000;
const leftOut = [
  "secrets: of each a keyed digest is shown, as the API answers it",
  "the contents of config files, the store's data, images, and what instances wrote to their disks",
];
const withoutLogs = "the logs of instances; --instance-logs adds them";

/** `--json`: `{ "file": "...", "files": [...], "failed": [{ "name": "...", "failure": "..." }], "leftOut": [...] }`. */
export const diagnose: Action = async ({ session, options }) => {
  const at = new Date(session.now()).toISOString();
  const name = `constellation-${hostname()}-${at.replace(/[-:]|\.\d+/g, "")}`;
  const file = options.output ?? `${name}.tar.gz`;
  const withInstanceLogs = options.instanceLogs === true;
  const [api, machine] = await Promise.all([askApi(session, withInstanceLogs), askMachine(session)]);
  const { bytes, manifest } = await archive(name, [...api, ...machine], {
    ...{ at, command: version },
    leftOut: withInstanceLogs ? leftOut : [...leftOut, withoutLogs],
  });
  if (file === "-") await session.output.write(bytes);
  else write(resolve(session.cwd, file), bytes);
  if (session.isJson && file !== "-") await session.output.json({ file, ...manifest });
  else for (const line of said(file, bytes.length, manifest)) session.output.note(line);
  return 0;
};

/** An agent that is down is not waited for. */
async function askApi(session: Session, withInstanceLogs: boolean): Promise<Collected[]> {
  const agent = connect(await session.address(), { connectTimeoutMs: 0, timeoutMs: 10_000 });
  const plurals = Object.values(resources)
    .filter(({ namespaced }) => namespaced)
    .map(({ plural }) => plural);
  return await gatherFromApi(agent, plurals, session, { withInstanceLogs });
}

type Seen = { readonly file: string } & (
  | { readonly text: string; readonly leftOut?: number }
  | { readonly failure: string }
);

async function askMachine(session: Session): Promise<Collected[]> {
  try {
    const seen = await agentProgram<readonly Seen[]>(session, ["inspect"], AbortSignal.timeout(inspectMs));
    return seen.map((one) => {
      if ("failure" in one) return { name: one.file, failure: one.failure };
      const note = one.leftOut === undefined ? {} : { note: `without its first ${one.leftOut} bytes` };
      return { name: one.file, text: one.text, ...note };
    });
  } catch (error) {
    return [{ name: "machine", failure: error instanceof Error ? error.message : String(error) }];
  }
}

function write(path: string, bytes: Buffer): void {
  try {
    writeFileSync(path, bytes, { mode: 0o600 });
  } catch (cause) {
    throw new ConstellationError(
      "invalid",
      `write report: ${(cause as Error).message}; choose another place with -o`,
      {
        cause,
      },
    );
  }
}

function said(file: string, bytes: number, { files, failed }: Manifest): string[] {
  const reasons = [...new Set(failed.map(({ failure }) => failure))];
  return [
    `wrote ${file === "-" ? "the report" : file}: ${files.length} files, ${shortBytes(bytes)}`,
    ...reasons.map((reason) => {
      const names = failed.filter(({ failure }) => failure === reason).map(({ name }) => name);
      return `not in it: ${names.join(", ")}: ${reason.split("\n")[0]}`;
    }),
  ];
}

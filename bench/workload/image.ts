import { execFile } from "node:child_process";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { mediaTypes, thisPlatform } from "../../contract/index.ts";
import { openLayout } from "../../tools/images/layout.ts";
import { workloadCommand } from "./limits.ts";

const source = join(import.meta.dirname, "program");
const tag = "workload";
/** What container runtimes mount over: made once in the image, not at every start. */
const emptyFolders = ["bench", "dev", "etc", "proc", "run", "sys", "tmp"];

export interface WorkloadImage {
  /** `oci:PATH:TAG`. */
  readonly reference: string;
  /** The same files, unpacked. */
  readonly root: string;
}

/** Builds the workload, a static program, and an image of one layer with nothing else in it. */
export async function buildImage(folder: string): Promise<WorkloadImage> {
  const root = join(folder, "root");
  for (const name of emptyFolders) await mkdir(join(root, name), { recursive: true });
  const [program] = workloadCommand;
  await promisify(execFile)(
    "go",
    ["build", "-trimpath", "-ldflags=-s -w -E=main.firstInstruction", "-o", join(root, program), "."],
    {
      cwd: source,
      env: { ...process.env, CGO_ENABLED: "0" },
    },
  );
  await chmod(join(root, program), 0o755);

  const layoutFolder = join(folder, "image");
  const layout = await openLayout(layoutFolder);
  const { descriptor, diffId } = await layout.writeLayer(root);
  const config = await layout.writeJson(
    {
      ...thisPlatform(),
      config: { Cmd: workloadCommand },
      rootfs: { type: "layers", diff_ids: [diffId] },
    },
    mediaTypes.config,
  );
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest[0], config, layers: [descriptor] };
  await layout.tag(tag, "", await layout.writeJson(manifest, mediaTypes.manifest[0]));
  return { reference: `oci:${layoutFolder}:${tag}`, root };
}

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { ConstellationError } from "../../contract/index.ts";

/**
 * The path of a program: in the kit (`CONSTELLATION_KIT`, also its `bin`), on the PATH, or in `others`.
 * Throws `host-unfit`, naming the first of `names`.
 */
export function findProgram(
  names: readonly string[],
  env: NodeJS.ProcessEnv,
  others: readonly string[] = [],
): string {
  const kit = env.CONSTELLATION_KIT;
  const folders = [
    ...(kit ? [join(kit, "bin"), kit] : []),
    ...(env.PATH ?? "").split(delimiter).filter(Boolean),
    ...others,
  ];
  const found = folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isExecutable);
  if (found !== undefined) return found;
  throw new ConstellationError(
    "host-unfit",
    `find program ${names[0]}: neither in CONSTELLATION_KIT nor on PATH; install it`,
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Absent or not ours to run: look further.
    return false;
  }
}

import { accessSync, constants } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { ConstellationError } from "../../../contract/index.ts";

/** The Go module builds its program under the name `server`. */
const names = { kit: ["etcd", "server"], path: ["etcd"], cache: ["etcd", "server"] };

/** The etcd program: in the kit (`CONSTELLATION_KIT`), on the PATH, or built by this repository's tools. */
export function findEtcd(env: NodeJS.ProcessEnv): string {
  const cache = env.XDG_CACHE_HOME ?? join(env.HOME ?? homedir(), ".cache");
  const folders = [
    ...(env.CONSTELLATION_KIT ? [env.CONSTELLATION_KIT, join(env.CONSTELLATION_KIT, "bin")] : []).map(
      (folder) => ({ folder, named: names.kit }),
    ),
    ...(env.PATH ?? "")
      .split(delimiter)
      .filter(Boolean)
      .map((folder) => ({ folder, named: names.path })),
    { folder: join(cache, "constellation", "bin"), named: names.cache },
  ];
  for (const { folder, named } of folders) {
    for (const name of named) {
      const path = join(folder, name);
      if (isExecutable(path)) return path;
    }
  }
  throw new ConstellationError(
    "host-unfit",
    "start the store: etcd is neither in CONSTELLATION_KIT nor on PATH; install it or run npm run setup",
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

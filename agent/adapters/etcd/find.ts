import { homedir } from "node:os";
import { join } from "node:path";
import { findProgram } from "../../lib/find-program.ts";

/** The etcd program; where neither kit nor PATH has one, the one that this repository's tools built. */
export function findEtcd(env: NodeJS.ProcessEnv): string {
  const cache = env.XDG_CACHE_HOME ?? join(env.HOME ?? homedir(), ".cache");
  try {
    return findProgram(["etcd"], env, [join(cache, "constellation", "bin")]);
  } catch (error) {
    // Go names the program after its package, `server`: too common a name to look for on the PATH.
    return orElse(error, () => findProgram(["server"], {}, [join(cache, "constellation", "bin")]));
  }
}

function orElse<T>(error: unknown, attempt: () => T): T {
  try {
    return attempt();
  } catch {
    // The first error names the program that is wanted.
    throw error;
  }
}

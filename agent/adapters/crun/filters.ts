import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SeccompFilter } from "./config.ts";
import type { RuntimePaths } from "./layout.ts";
import { profileKey, type SeccompProfile } from "./seccomp.ts";

/** Filters crun compiled once: compiling takes it 4 to 18 ms a start, handing it the result nothing. */
export interface CompiledFilters {
  /** The profile, with its compiled copy where there is one. */
  find(profile: SeccompProfile): SeccompFilter;
  /** Keeps what crun compiled for a container that was given the profile. */
  keep(profile: SeccompProfile, id: string): void;
}

export function createCompiledFilters(paths: RuntimePaths): CompiledFilters {
  const known = new Map<string, string>();
  return {
    find(profile) {
      const key = profileKey(profile);
      const bpf = known.get(key) ?? readFilter(join(paths.filters, key));
      if (bpf === undefined) return { profile };
      known.set(key, bpf);
      return { profile, bpf };
    },
    keep(profile, id) {
      const filter = readFilter(join(paths.state, id, "seccomp.bpf"));
      if (filter === undefined) return;
      mkdirSync(paths.filters, { recursive: true, mode: 0o700 });
      const path = join(paths.filters, profileKey(profile));
      writeFileSync(`${path}.${id}`, Buffer.from(filter, "base64"), { mode: 0o600 });
      renameSync(`${path}.${id}`, path);
    },
  };
}

/** In base64, as the annotation wants it; undefined when there is none, or an empty one, which would filter nothing. */
function readFilter(path: string): string | undefined {
  try {
    return readFileSync(path, "base64") || undefined;
  } catch {
    return undefined; // Nothing compiled yet, or unreadable: then crun compiles it again.
  }
}

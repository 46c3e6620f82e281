import { join } from "node:path";

/** Folders of the host's instances. */
export interface Folders {
  /** Survives a reboot: `<state>/instances`. */
  readonly state: string;
  /** In memory, open to root alone, gone after a reboot: `<run>/runtime`. */
  readonly runtime: string;
  /** The agent's own: no instance may mount them. */
  readonly closed: readonly string[];
}

/** Where one instance's things are: everything follows from its id, so that nothing must be remembered to remove it. */
export function placesOf(folders: Pick<Folders, "state" | "runtime">, id: string) {
  const kept = join(folders.state, id);
  const passing = join(folders.runtime, "files", id);
  return {
    id,
    kept,
    record: join(kept, "record.json"),
    /** Logs; conmon writes `log`, older ones are `log.1` and so on. */
    log: join(kept, "log"),
    /** Where the root is mounted, and the two folders of its writable layer. */
    root: join(kept, "root"),
    upper: join(kept, "upper"),
    work: join(kept, "work"),
    /** Generated files, secrets, config files. */
    passing,
  };
}

export type Places = ReturnType<typeof placesOf>;

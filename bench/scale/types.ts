/** What is told to the measuring process: one JSON argument. */
export interface Setting {
  /** The agent's root folder. */
  readonly agentRoot: string;
  /** Where everything else goes, on a disk. */
  readonly folder: string;
  /** A local image reference: `oci:PATH:TAG`. */
  readonly image: string;
  /** The image's one layer, unpacked. */
  readonly layer: string;
  readonly hasPodman: boolean;
  readonly instances: number;
  readonly runs: number;
}

/** One time from none to all: a line the measuring process prints. */
export interface Sample {
  readonly contender: "constellation" | "podman";
  /** How many podmans run at once; absent for ours, which decides for itself. */
  readonly concurrency?: number;
  readonly seconds: number;
}

/** How many podmans are tried at once: its best one counts. */
export const concurrencies = [1, 2, 4, 8] as const;

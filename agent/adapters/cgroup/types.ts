/** `v2`: one tree. `v1`: a tree a controller, also where a v2 tree without controllers is mounted beside them. */
export type CgroupVersion = "v2" | "v1";

export interface CgroupUsage {
  /** Without the page cache that the kernel can drop at once, as Kubernetes counts it. */
  readonly memoryBytes: number;
  /** Time on a processor since the cgroup was made. */
  readonly cpuTimeUs: number;
  readonly processes: number;
  /** How often the kernel killed a process for want of memory. */
  readonly oomKills: number;
}

/**
 * The cgroups of one agent's instances: direct children of the cgroup named after the agent. A missing one is empty
 * and unused, so everything can be repeated. Throws AdapterError: EACCES, EBUSY (still has processes), ETIMEDOUT.
 */
export interface Cgroups {
  readonly version: CgroupVersion;
  /** What an OCI config's `linux.cgroupsPath` says for an instance. */
  pathOf(name: string): string;
  /** For a process that is to be there before the runtime makes its own; the runtime makes an instance's itself. */
  create(name: string): Promise<void>;
  /** Undefined when there is no such cgroup. */
  usage(name: string): Promise<CgroupUsage | undefined>;
  /** Processes in it and below it, by pid. */
  processes(name: string): Promise<number[]>;
  /** Kills all of them, also those that are being forked meanwhile, and waits until none is left: 5 s at most. */
  kill(name: string): Promise<void>;
  /** Removes it and all below it, in every tree. EBUSY while it holds processes. */
  remove(name: string): Promise<void>;
  /** The names of all there are, in any tree: those of no instance are leftovers. */
  list(): Promise<string[]>;
}

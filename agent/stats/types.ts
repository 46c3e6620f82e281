/** What one instance used since its start, and holds now. A limit is absent where there is none. */
export interface InstanceCounters {
  readonly cpuSeconds: number;
  /** Without what the kernel would take back before anything is killed. */
  readonly memoryBytes: number;
  readonly memoryLimitBytes: number | undefined;
  readonly pids: number;
  readonly pidsLimit: number | undefined;
}

/** Where counters come from. Each answers at once. */
export interface StatsPorts {
  /** undefined: it does not run. */
  counters(id: string): InstanceCounters | undefined;
  /** Bytes through every network device, by its name, as the host sees them. */
  devices(): ReadonlyMap<string, { readonly receivedBytes: number; readonly sentBytes: number }>;
  /** The host's end of an instance's link. */
  deviceOf(id: string): string;
}

/** One thing that is done to the cluster. */
export type Change =
  | { readonly kind: "create"; readonly service: string; readonly replicas: number }
  | { readonly kind: "scale"; readonly service: string; readonly replicas: number }
  | { readonly kind: "update"; readonly service: string; readonly generation: number }
  | { readonly kind: "delete"; readonly service: string };

/** Wanted replicas and the workload's generation, by service. */
export type Wanted = ReadonlyMap<string, { readonly replicas: number; readonly generation: number }>;

/** What the agent and the store hold after a change. Memory and files in bytes. */
export interface Vitals {
  /** Since the first change, in seconds. */
  readonly atSeconds: number;
  readonly rss: number;
  readonly own: number;
  readonly descriptors: number;
  readonly threads: number;
  readonly etcdRss: number;
  readonly etcdDisk: number;
}

/** What instances leave in the kernel and among processes while they are there: counted before and after. */
export type Objects = Readonly<
  Record<"processes" | "mounts" | "devices" | "namespaces" | "cgroups" | "elements", number>
>;

export interface Churned {
  readonly minutes: number;
  readonly changes: number;
  readonly vitals: readonly Vitals[];
  readonly before: Objects;
  readonly after: Objects;
}

/** A server as the cluster tells of it. */
export interface SeenServer {
  readonly name: string;
  /** `learner`: it follows, and counts for no majority yet. `none`: it was to be one, or was one, and is forgotten half. */
  readonly role: "voter" | "learner" | "none";
  readonly isHealthy: boolean;
  readonly isLeader: boolean;
}

/** A machine that the program names. */
export interface WantedServer {
  readonly name: string;
  /** `blank`: it holds no cluster's state. `away`: nobody can tell. */
  readonly machine: "serving" | "blank" | "away";
}

/** What is, and what is to be. */
export interface View {
  readonly wanted: readonly WantedServer[];
  readonly seen: readonly SeenServer[];
}

/** One step; after each the view is taken anew. */
export type Op =
  /** The machine joins as a learner. */
  | { readonly kind: "join"; readonly name: string }
  /** It catches up, and the servers make it a voter. */
  | { readonly kind: "await"; readonly name: string }
  | { readonly kind: "remove"; readonly name: string; readonly reason: string }
  /** Nothing can be done before somebody helps. */
  | { readonly kind: "blocked"; readonly reason: string };

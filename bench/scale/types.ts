import type { Prepared } from "../workload/prepare.ts";

/** Bare crun is the floor: the same overlay, network and container, and nobody who keeps it. */
export const peers = ["crun", "podman"] as const;
export type Peer = (typeof peers)[number];

/** What is told to the measuring process: one JSON argument. */
export interface Setting extends Prepared {
  /** By the name of their programs; those that are not installed are left out. */
  readonly peers: readonly Peer[];
  readonly instances: number;
  readonly runs: number;
}

/** One time from none to all: a line the measuring process prints. */
export interface Sample {
  readonly contender: "constellation" | Peer;
  /** How many of a peer's commands run at once; absent for ours, which decides for itself. */
  readonly concurrency?: number;
  readonly seconds: number;
}

/** How many commands of a peer are tried at once: its best one counts. */
export const concurrencies = [1, 2, 4, 8] as const;

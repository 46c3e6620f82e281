import type { Prepared } from "../workload/prepare.ts";

/** Whom we are measured beside. */
export const peers = ["crun", "runc", "podman"] as const;
export type Peer = (typeof peers)[number];

/** What is told to the measuring process: one JSON argument. */
export interface Setting extends Prepared {
  /** By the name of their programs; those that are not installed are left out. */
  readonly peers: readonly Peer[];
  readonly runs: number;
}

/** One measured start: a line the measuring process prints. */
export interface Sample {
  readonly contender: string;
  /** From the request to the workload's first instruction. */
  readonly ms: number;
  /** What else the machine did: nothing, or an instance kept all of its processors busy. */
  readonly load: Load;
  /** Whether the machine was idle before it; true under load, where nobody waits for that. */
  readonly wasIdle: boolean;
}

/** What else goes on while a start is measured. */
export const loads = ["idle", "busy"] as const;
export type Load = (typeof loads)[number];

/** A start that was asked for. */
export interface Started {
  /** CLOCK_MONOTONIC at the request, in nanoseconds. */
  readonly requestedNs: bigint;
  /** Host name of the workload that will tell of its first instruction. */
  readonly hostname: string;
}

/** A way to start the workload. */
export interface Contender {
  readonly name: string;
  /** Starts one more; what does not belong to the request is made before its time is taken. */
  start(round: number): Promise<Started>;
  /** Takes it away; resolves once nothing of it is left. */
  remove(round: number): Promise<void>;
}

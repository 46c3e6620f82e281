import { imageLimits } from "../../../contract/index.ts";

/** Bounds of talking to a registry. Times in milliseconds. */
export interface RegistryLimits {
  /** Requests of one pull under way at once. */
  readonly atOnce: number;
  /** How often a request is sent that fails for a passing reason, or an answer that broke off is gone on with in vain. */
  readonly tries: number;
  /** How often one blob may break off at all, with progress in between. */
  readonly cuts: number;
  /** Without a byte for so long, an answer counts as broken off. */
  readonly stallMs: number;
  /** Before the second try; it doubles up to the other. A registry that asks for a longer wait is not waited for. */
  readonly pauseMs: number;
  readonly maxPauseMs: number;
  readonly manifestBytes: number;
  /** The whole of asking for a tag's digest. */
  readonly locateMs: number;
  /** Tags asked for at once: each by a process of its own. */
  readonly locatesAtOnce: number;
}

export const registryLimits: RegistryLimits = {
  atOnce: 4,
  tries: 5,
  cuts: 100,
  stallMs: 30_000,
  pauseMs: 500,
  maxPauseMs: 30_000,
  manifestBytes: imageLimits.manifestBytes,
  locateMs: 120_000,
  locatesAtOnce: 8,
};

/** What the child may say, in bytes. */
export const childLimits = { lineBytes: 16 * 1024, complaintBytes: 4 * 1024 } as const;

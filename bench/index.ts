/**
 * Benchmarks, each beside its peers in the same run: this list is what `npm run bench -- NAME` knows.
 * Invariant: a figure is never printed without the peer's from the same machine and minutes.
 * Nothing here decides whether a figure is good enough.
 */
import { bootstrap } from "./bootstrap/index.ts";
import { churn } from "./churn/index.ts";
import { failover } from "./failover/index.ts";
import { footprint } from "./footprint/index.ts";
import { network } from "./network/index.ts";
import { scale } from "./scale/index.ts";
import { schedule } from "./schedule/index.ts";
import { simulate } from "./simulate/index.ts";
import { start } from "./start/index.ts";
import type { Benchmark } from "./types.ts";
import { up } from "./up/index.ts";

export const benchmarks: readonly Benchmark[] = [
  start,
  scale,
  footprint,
  up,
  churn,
  schedule,
  bootstrap,
  failover,
  network,
  simulate,
];

/**
 * The counters of the kernel's cgroups: what one used, and what it may use; in trees of version 1 and 2.
 *
 * Invariant: reads only, a handful of small files a cgroup, and nothing between two questions.
 */
export { createCgroupCounters } from "./counters.ts";

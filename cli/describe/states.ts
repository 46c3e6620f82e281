import type { Host, Instance } from "../../contract/index.ts";
import type { Palette } from "../terminal/index.ts";

const settled: ReadonlySet<Instance["state"]> = new Set(["failed", "lost", "backoff", "unknown"]);

export function paintState(palette: Palette, { state, healthy }: Instance): (text: string) => string {
  if (state === "running") return healthy ? palette.good : palette.bad;
  if (settled.has(state)) return palette.bad;
  return state === "completed" ? palette.faint : palette.changing;
}

export function paintHost(
  palette: Palette,
  { state, availability, isDiskFull }: Host,
): (text: string) => string {
  if (state === "lost" || isDiskFull) return palette.bad;
  return state === "ready" && availability === "active" ? palette.good : palette.changing;
}

/** `ready`; `ready, draining`; `ready, comes and goes`; `ready, disk full`. */
export function hostState({
  state,
  availability,
  absences,
  isDiskFull,
}: Pick<Host, "state" | "availability" | "absences" | "isDiskFull">): string {
  const more = [
    ...(availability === "active" ? [] : [availability]),
    ...(absences === undefined ? [] : ["comes and goes"]),
    ...(isDiskFull ? ["disk full"] : []),
  ];
  return [state, ...more].join(", ");
}

/** Health is a question of what runs; of the rest there is nothing to say. */
export function healthOf({ state, healthy }: Pick<Instance, "state" | "healthy">): string {
  return state === "running" ? (healthy ? "healthy" : "unhealthy") : "";
}

import type * as z from "zod";
import type { ImageHealthCheck } from "../../contract/images/index.ts";
import { durationMs, type resources } from "../../contract/index.ts";
import type { HealthPlan, ProbeAction, ProbePlan } from "./types.ts";

type WrittenProbe = NonNullable<z.output<typeof resources.Service.inputs>["healthCheck"]>;

/** Until the first success. */
const eagerMs = 100;
/** Docker's, for what an image's HEALTHCHECK leaves out. */
const imageDefaults = { intervalMs: 30_000, timeoutMs: 30_000, retries: 3 };

/** The user's check, else the image's, else none. */
export function planHealth(
  workload: { readonly healthCheck?: WrittenProbe | undefined; readonly liveness?: WrittenProbe | undefined },
  image: ImageHealthCheck | undefined,
  minHealthyTimeMs: number,
): HealthPlan {
  const readiness = workload.healthCheck
    ? planProbe(workload.healthCheck, eagerMs)
    : image && planImageCheck(image);
  return {
    minHealthyTimeMs,
    ...(readiness && { readiness }),
    // A process that is only starting is not dead: liveness never hurries.
    ...(workload.liveness && { liveness: planProbe(workload.liveness, Number.POSITIVE_INFINITY) }),
  };
}

function planProbe(written: WrittenProbe, eager: number): ProbePlan {
  return {
    action: actionOf(written),
    eagerMs: eager,
    intervalMs: ms(written.interval),
    timeoutMs: ms(written.timeout),
    retries: written.retries,
    successes: written.successes,
    startPeriodMs: ms(written.startPeriod),
  };
}

function planImageCheck(check: ImageHealthCheck): ProbePlan {
  return {
    action: { kind: "exec", command: nonEmpty(check.command) },
    eagerMs: check.startIntervalMs ?? eagerMs,
    intervalMs: check.intervalMs ?? imageDefaults.intervalMs,
    timeoutMs: check.timeoutMs ?? imageDefaults.timeoutMs,
    retries: check.retries ?? imageDefaults.retries,
    successes: 1,
    startPeriodMs: check.startPeriodMs ?? 0,
  };
}

function actionOf({ http, tcp, exec }: WrittenProbe): ProbeAction {
  if (http)
    return {
      kind: "http",
      scheme: http.scheme,
      port: http.port,
      path: http.path,
      headers: http.headers ?? {},
    };
  if (tcp) return { kind: "tcp", port: tcp.port };
  if (exec) return { kind: "exec", command: nonEmpty(exec.command) };
  throw new TypeError("plan probe: neither http, tcp nor exec");
}

function ms(text: string): number {
  const value = durationMs(text);
  if (value === undefined) throw new TypeError(`read duration: "${text}"`);
  return value;
}

function nonEmpty(command: readonly string[]): [string, ...string[]] {
  const [program, ...args] = command;
  if (program === undefined) throw new TypeError("plan probe: its command is empty");
  return [program, ...args];
}

/** What a probe does. `exec` runs inside the instance, the others come from the host. */
export type ProbeAction =
  | {
      readonly kind: "http";
      readonly scheme: "http" | "https";
      readonly port: number;
      readonly path: string;
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly kind: "tcp"; readonly port: number }
  | { readonly kind: "exec"; readonly command: readonly [string, ...string[]] };

export interface ProbePlan {
  readonly action: ProbeAction;
  /** Between two probes until the first success. */
  readonly eagerMs: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Failures in a row that make it unhealthy. */
  readonly retries: number;
  /** Successes in a row that make it healthy again. */
  readonly successes: number;
  /** Failures this soon after the start do not count. */
  readonly startPeriodMs: number;
}

export interface HealthPlan {
  /** Gates traffic. Absent: healthy once it has run for `minHealthyTimeMs`. */
  readonly readiness?: ProbePlan;
  /** Failing restarts the instance. */
  readonly liveness?: ProbePlan;
  readonly minHealthyTimeMs: number;
}

/** `reason`: what went wrong, `GET :8080/ answered 500`. */
export type ProbeResult = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** A probe that this machine had nothing left for: it says nothing of the instance. `untried`: why. */
export interface Untried {
  readonly untried: string;
}

/** Runs one probe within its time; never rejects but when the signal aborts. */
export type Probe = (plan: ProbePlan, signal: AbortSignal) => Promise<ProbeResult | Untried>;

export interface Verdict {
  readonly healthy: boolean;
  /** Why it is not, in words; empty when it is. */
  readonly reason: string;
  /** Set once the liveness probe has failed: why. */
  readonly unresponsive?: string;
}

/** Runs a command inside the instance; killed at the signal. Resolves to the exit code. */
export type RunInside = (command: readonly [string, ...string[]], signal: AbortSignal) => Promise<number>;

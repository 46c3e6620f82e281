import { constants } from "node:os";
import type * as z from "zod";
import { durationMs, type resources as kinds, limits, quantityBytes } from "../../contract/index.ts";
import type { LogBounds } from "../logs/index.ts";
import type { InstanceSpec } from "../session/index.ts";
import type { Policy } from "./life.ts";
import type { Resources, Terms } from "./types.ts";

/** What one instance runs, as the contract declares it. */
export type Workload = z.output<typeof kinds.Service.inputs>;

/**
 * The API has checked the inputs and filled in the defaults. They are not parsed again: a strict schema would refuse
 * the fields of servers that are one version ahead of this host.
 */
export function workloadOf(spec: InstanceSpec): Workload {
  return spec.inputs as Workload;
}

/** Used where the user named none. Sizes in bytes, cpu in cores. */
const defaults = { cpu: 0.05, shmBytes: 64 * 1024 * 1024 };

/** @param imageStopSignal `SIGQUIT`, or as older images write it `QUIT` or `3`; empty before the image is known. */
export function policyOf({ restart, stopSignal, stopGracePeriod }: Workload, imageStopSignal = ""): Policy {
  return {
    restart: restart?.policy ?? "always",
    delayMs: ms(restart?.delay ?? "1s"),
    ...(restart?.maxAttempts !== undefined && { maxAttempts: restart.maxAttempts }),
    windowMs: ms(restart?.window ?? "5m"),
    stopSignal: stopSignal ?? signalName(imageStopSignal),
    graceMs: ms(stopGracePeriod),
  };
}

/** Undefined: it runs whatever happens to its host's connection. */
export function fenceTerms({ exclusive, disconnect }: Workload): Terms | undefined {
  const stopAfterMs = disconnect?.stopAfter === undefined ? undefined : ms(disconnect.stopAfter);
  if (!exclusive && stopAfterMs === undefined) return undefined;
  return { isExclusive: exclusive === true, ...(stopAfterMs !== undefined && { stopAfterMs }) };
}

/** `memory` is what is reserved and the hard limit too, unless `limits.memory` is higher. */
export function resourcesOf({ resources }: Workload): Resources {
  const memory = [resources?.memory, resources?.limits?.memory].flatMap((text) =>
    text === undefined ? [] : bytes(text),
  );
  return {
    cpu: resources?.cpu ?? resources?.limits?.cpu ?? defaults.cpu,
    ...(resources?.limits?.cpu !== undefined && { cpuLimit: resources.limits.cpu }),
    ...(memory.length > 0 && { memoryLimitBytes: Math.max(...memory) }),
    pidsLimit: resources?.limits?.pids ?? limits.defaultPids,
  };
}

/** Undefined: its output is dropped. */
export function logBoundsOf({ logging }: Workload): LogBounds | undefined {
  if (logging?.driver === "none") return undefined;
  return { maxBytes: bytes(logging?.maxSize ?? "10Mi"), maxFiles: logging?.maxFiles ?? 3 };
}

export function shmBytesOf({ shmSize }: Workload): number {
  return shmSize === undefined ? defaults.shmBytes : bytes(shmSize);
}

/** The contract has checked every duration and quantity: one that does not parse is a bug here. */
export function ms(text: string): number {
  const value = durationMs(text);
  if (value === undefined) throw new TypeError(`read duration: "${text}"`);
  return value;
}

export function bytes(text: string): number {
  const value = quantityBytes(text);
  if (value === undefined) throw new TypeError(`read quantity: "${text}"`);
  return value;
}

function signalName(written: string): string {
  if (written === "") return "SIGTERM";
  const byNumber = Object.entries(constants.signals).find(([, number]) => String(number) === written)?.[0];
  return byNumber ?? `SIG${written.toUpperCase().replace(/^SIG/, "")}`;
}

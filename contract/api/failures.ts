import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { ConstellationError, type ErrorCode, errorTable, type Violation } from "../errors.ts";
import { type Address, absentCode, nameOf } from "./address.ts";

/**
 * Why a request has no answer. `unsent`: nobody listens (yet), so that it may be repeated whatever it is.
 * `absent`: nobody is going to listen here. `cut`: the connection ended in the middle.
 */
export type Failure = "unsent" | "absent" | "cut" | "refused" | "other";

/** Sorts an error of node:net or node:http by its code. */
export function failureOf(error: unknown, address: Address): Failure {
  switch ((error as { code?: unknown }).code) {
    case "ENOENT":
      return !("socket" in address) || existsSync(dirname(address.socket)) ? "unsent" : "absent";
    case absentCode:
      return "absent";
    case "ECONNREFUSED":
    case "EAGAIN":
      return "unsent";
    case "ECONNRESET":
    case "EPIPE":
    case "ERR_STREAM_PREMATURE_CLOSE":
      return "cut";
    case "EACCES":
    case "EPERM":
      return "refused";
    default:
      return "other";
  }
}

/** A request without an answer, as the error a caller sees. `what` is the action: `get /v1/info`. */
export function unanswered(what: string, address: Address, cause: unknown): ConstellationError {
  const socket = nameOf(address);
  switch (failureOf(cause, address)) {
    case "refused":
      return new ConstellationError(
        "forbidden",
        `${what}: ${socket}: permission denied; run it as root, to whom the agent's socket belongs`,
        { cause },
      );
    case "cut":
      return new ConstellationError(
        "unreachable",
        `${what}: ${socket}: the agent closed the connection; try again once it is back`,
        { cause },
      );
    case "other":
      return new ConstellationError("unreachable", `${what}: ${socket}: ${(cause as Error).message}`, {
        cause,
      });
    default:
      return new ConstellationError(
        "unreachable",
        `${what}: ${socket}: no agent listens; create a Cluster to start one, or set CONSTELLATION_ROOT to the root folder of the one that runs`,
        { cause },
      );
  }
}

/** An answer that is an error, from its body; one that is not ours counts as a bug of the agent. */
export function answeredError(what: string, status: number, body: string): ConstellationError {
  const error = parseError(body);
  if (error === undefined || !(error.code in errorTable)) {
    return new ConstellationError(
      "bug",
      `${what}: the agent answered ${status}: ${error?.message ?? body.slice(0, 200)}`,
    );
  }
  return new ConstellationError(error.code as ErrorCode, error.message, { violations: error.violations });
}

function parseError(
  body: string,
): { code: string; message: string; violations: readonly Violation[] } | undefined {
  try {
    const { error } = JSON.parse(body);
    if (typeof error?.code !== "string" || typeof error.message !== "string") return undefined;
    return {
      code: error.code,
      message: error.message,
      violations: Array.isArray(error.violations) ? error.violations : [],
    };
  } catch {
    // Not JSON: not an error of this API.
    return undefined;
  }
}

import type { Violation } from "../../contract/index.ts";
import { type CheckFailure, protocol } from "./protocol.ts";

/**
 * Violations as the engine prints them. The path stands in the reason and not in `property`, because the engine
 * prints a property's value beside it, secret or not.
 */
export function failures(violations: readonly Violation[]): CheckFailure[] {
  return violations.map(({ path, reason }) => {
    const failure = new protocol.CheckFailure();
    failure.setReason(path === "" ? reason : `${path}: ${reason}`);
    return failure;
  });
}

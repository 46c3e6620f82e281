import * as etcd from "etcd3";
import { ConstellationError } from "../../../contract/index.ts";

const unreachable = [
  etcd.GRPCUnavailableError,
  etcd.GRPCDeadlineExceededError,
  etcd.GRPCCancelledError,
  etcd.GRPCInternalError,
  etcd.EtcdWatchStreamEnded,
];

/** Says in our own codes what etcd or the way to it refused. */
export function wrapEtcdError(action: string, error: unknown): ConstellationError {
  if (error instanceof ConstellationError) return error;
  const cause = { cause: error };
  if (unreachable.some((kind) => error instanceof kind)) {
    return new ConstellationError(
      "unreachable",
      `${action}: the store does not answer; it is being restarted, try again`,
      cause,
    );
  }
  if (error instanceof etcd.GRPCOutOfRangeError) {
    return new ConstellationError(
      "compacted",
      `${action}: that revision is no longer kept; list again`,
      cause,
    );
  }
  if (error instanceof etcd.GRPCResourceExhastedError) {
    return new ConstellationError(
      "too-large",
      `${action}: the store is full; delete what is not needed`,
      cause,
    );
  }
  return new ConstellationError(
    "bug",
    `${action}: ${error instanceof Error ? error.message : String(error)}`,
    cause,
  );
}

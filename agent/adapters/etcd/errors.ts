import { ConstellationError } from "../../../contract/index.ts";
import { StoreRefusal, statusCodes } from "./refusal.ts";

const { cancelled, deadlineExceeded, failedPrecondition, internal } = statusCodes;
const { outOfRange, resourceExhausted, unavailable } = statusCodes;
const passing: readonly (number | undefined)[] = [cancelled, deadlineExceeded, internal, unavailable];

/** Says in our own codes what etcd or the way to it refused. `trouble`: what is known to be wrong with etcd. */
export function wrapEtcdError(
  action: string,
  error: unknown,
  trouble: string | undefined,
): ConstellationError {
  if (error instanceof ConstellationError) return error;
  const cause = { cause: error };
  if (isPassing(error)) {
    return new ConstellationError(
      "unreachable",
      `${action}: the store does not answer${trouble === undefined ? "; it is being restarted, try again" : `: ${trouble}`}`,
      cause,
    );
  }
  switch (error instanceof StoreRefusal ? error.code : undefined) {
    // Only about members: it is a learner that would have to count, or one that has not caught up.
    case failedPrecondition:
      return new ConstellationError(
        "unreachable",
        `${action}: the store does not do it yet (${(error as Error).message}); a server that joins has to catch up with the others first`,
        cause,
      );
    case outOfRange:
      return new ConstellationError(
        "compacted",
        `${action}: that revision is no longer kept; list again`,
        cause,
      );
    case resourceExhausted:
      return new ConstellationError(
        "too-large",
        `${action}: the store is full, also without its past; delete what is not needed`,
        cause,
      );
    default:
      return new ConstellationError("bug", `${action}: ${(error as Error).message}`, cause);
  }
}

/** No answer at all is an error of Node's, which all have a code in words. */
function isPassing(error: unknown): boolean {
  if (error instanceof StoreRefusal) return passing.includes(error.code);
  return typeof (error as NodeJS.ErrnoException).code === "string";
}

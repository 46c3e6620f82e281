/** What a code means to each protocol. `retryable`: the same call may succeed later without a change by the user. */
interface ErrorMeaning {
  readonly http: number;
  /** A `google.rpc.Code`; never UNKNOWN, INTERNAL or DATA_LOSS, which make the engine suspect its state. */
  readonly grpc: number;
  readonly retryable: boolean;
}

const grpc = {
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  unimplemented: 12,
  unavailable: 14,
} as const;

export const errorTable = {
  invalid: { http: 422, grpc: grpc.invalidArgument, retryable: false },
  "unknown-kind": { http: 404, grpc: grpc.unimplemented, retryable: false },
  "not-found": { http: 404, grpc: grpc.notFound, retryable: false },
  /** The document exists and belongs to another owner. */
  owned: { http: 409, grpc: grpc.alreadyExists, retryable: false },
  /** The revision read is no longer the current one: read again, decide again. */
  conflict: { http: 412, grpc: grpc.aborted, retryable: true },
  /** Something else holds what was asked for: a published port, a name in use. */
  taken: { http: 409, grpc: grpc.failedPrecondition, retryable: false },
  /** No host can run it. */
  unplaceable: { http: 422, grpc: grpc.resourceExhausted, retryable: false },
  "image-missing": { http: 409, grpc: grpc.failedPrecondition, retryable: false },
  "image-invalid": { http: 422, grpc: grpc.failedPrecondition, retryable: false },
  "too-large": { http: 413, grpc: grpc.resourceExhausted, retryable: false },
  forbidden: { http: 403, grpc: grpc.permissionDenied, retryable: false },
  "no-cluster": { http: 409, grpc: grpc.failedPrecondition, retryable: false },
  "wrong-cluster": { http: 409, grpc: grpc.failedPrecondition, retryable: false },
  /** An event cursor older than what the store keeps: list again. */
  compacted: { http: 410, grpc: grpc.aborted, retryable: true },
  unreachable: { http: 503, grpc: grpc.unavailable, retryable: true },
  timeout: { http: 504, grpc: grpc.deadlineExceeded, retryable: true },
  cancelled: { http: 499, grpc: grpc.cancelled, retryable: true },
  /** The machine cannot run an agent, or a step on it failed. */
  "host-unfit": { http: 503, grpc: grpc.failedPrecondition, retryable: false },
  bug: { http: 500, grpc: grpc.failedPrecondition, retryable: false },
} as const satisfies Record<string, ErrorMeaning>;

export type ErrorCode = keyof typeof errorTable;

/** One mistake in what a user wrote. `path` is dotted, list positions in brackets: `ports[0].publish`. */
export interface Violation {
  readonly path: string;
  /** What is wrong and what to do: `must be at least 0, not -1`. */
  readonly reason: string;
}

/** The one error that crosses a boundary of this product; travels over HTTP as `{ error: { code, message, violations } }`. */
export class ConstellationError extends Error {
  readonly code: ErrorCode;
  readonly violations: readonly Violation[];

  constructor(code: ErrorCode, message: string, more: { violations?: readonly Violation[]; cause?: unknown } = {}) {
    super(message, { cause: more.cause });
    this.name = "ConstellationError";
    this.code = code;
    this.violations = more.violations ?? [];
  }
}

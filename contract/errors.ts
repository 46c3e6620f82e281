/** What a code means to each protocol. `retryable`: the same call may succeed later without a change by the user. */
interface ErrorMeaning {
  readonly http: number;
  /** A `google.rpc.Code`; never UNKNOWN, INTERNAL or DATA_LOSS, which make the engine suspect its state. */
  readonly grpc: number;
  readonly retryable: boolean;
  /** For people who meet the code. */
  readonly doc: string;
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
  invalid: {
    http: 422,
    grpc: grpc.invalidArgument,
    retryable: false,
    doc: "The inputs break rules; `violations` names each with its path.",
  },
  "unknown-kind": {
    http: 404,
    grpc: grpc.unimplemented,
    retryable: false,
    doc: "There is no such kind of resource, component or function.",
  },
  "not-found": {
    http: 404,
    grpc: grpc.notFound,
    retryable: false,
    doc: "There is no such document or instance.",
  },
  owned: {
    http: 409,
    grpc: grpc.alreadyExists,
    retryable: false,
    doc: "The document exists and belongs to another owner: import it or choose another name.",
  },
  conflict: {
    http: 412,
    grpc: grpc.aborted,
    retryable: true,
    doc: "The revision that was read is no longer the current one: read again, decide again.",
  },
  taken: {
    http: 409,
    grpc: grpc.failedPrecondition,
    retryable: false,
    doc: "Something else holds what was asked for: a published port, a name in use.",
  },
  unreadable: {
    http: 409,
    grpc: grpc.failedPrecondition,
    retryable: false,
    doc: "The store holds it in a form that this agent cannot read; what it describes is left as it is.",
  },
  unplaceable: {
    http: 422,
    grpc: grpc.resourceExhausted,
    retryable: false,
    doc: "No host can run it; the message gives each host's reason.",
  },
  "image-missing": {
    http: 409,
    grpc: grpc.failedPrecondition,
    retryable: false,
    doc: "The image is neither in the cluster nor where it should come from.",
  },
  "image-invalid": {
    http: 422,
    grpc: grpc.failedPrecondition,
    retryable: false,
    doc: "The image is damaged, or unsafe to unpack.",
  },
  "image-denied": {
    http: 422,
    grpc: grpc.failedPrecondition,
    retryable: false,
    doc: "The image's registry asks for credentials, or refuses those it got.",
  },
  "image-unreachable": {
    http: 503,
    grpc: grpc.unavailable,
    retryable: true,
    doc: "The image's registry cannot be reached, fails, or asks to wait.",
  },
  "command-missing": {
    http: 422,
    grpc: grpc.failedPrecondition,
    retryable: false,
    doc: "The image has no such program; as an exit code, 127.",
  },
  "command-invalid": {
    http: 422,
    grpc: grpc.failedPrecondition,
    retryable: false,
    doc: "The program is there but cannot be executed; as an exit code, 126.",
  },
  "too-large": {
    http: 413,
    grpc: grpc.resourceExhausted,
    retryable: false,
    doc: "It is larger than a limit allows.",
  },
  "wrong-method": {
    http: 405,
    grpc: grpc.unimplemented,
    retryable: false,
    doc: "The API has this path, but not with this method; the `Allow` header names those it has.",
  },
  busy: {
    http: 503,
    grpc: grpc.unavailable,
    retryable: true,
    doc: "As many as a limit allows are open or under way: close some, or try again.",
  },
  forbidden: { http: 403, grpc: grpc.permissionDenied, retryable: false, doc: "The caller may not do this." },
  "login-denied": {
    http: 403,
    grpc: grpc.permissionDenied,
    retryable: false,
    doc: "A machine refuses the SSH login, or root's rights to it; the message names the ways that were tried.",
  },
  "host-key-changed": {
    http: 409,
    grpc: grpc.failedPrecondition,
    retryable: false,
    doc: "A machine's SSH host key is not the one that was pinned, or recorded when it was first seen.",
  },
  "no-cluster": {
    http: 409,
    grpc: grpc.failedPrecondition,
    retryable: false,
    doc: "The agent belongs to no cluster yet: create a `Cluster` first.",
  },
  "wrong-cluster": {
    http: 409,
    grpc: grpc.failedPrecondition,
    retryable: false,
    doc: "The stack lives on another cluster than the one that answers.",
  },
  compacted: {
    http: 410,
    grpc: grpc.aborted,
    retryable: true,
    doc: "The event to go on after is no longer kept: list again.",
  },
  unreachable: { http: 503, grpc: grpc.unavailable, retryable: true, doc: "No agent answers." },
  timeout: { http: 504, grpc: grpc.deadlineExceeded, retryable: true, doc: "It took longer than allowed." },
  cancelled: { http: 499, grpc: grpc.cancelled, retryable: true, doc: "The caller gave up." },
  "host-unfit": {
    http: 503,
    grpc: grpc.failedPrecondition,
    retryable: false,
    doc: "The machine cannot run an agent, or a step on it failed.",
  },
  bug: {
    http: 500,
    grpc: grpc.failedPrecondition,
    retryable: false,
    doc: "Something that should not happen did; please report it.",
  },
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

  constructor(
    code: ErrorCode,
    message: string,
    more: { violations?: readonly Violation[]; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.name = "ConstellationError";
    this.code = code;
    this.violations = more.violations ?? [];
  }
}

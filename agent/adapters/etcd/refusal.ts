/** The codes of gRPC that are told apart here (https://grpc.github.io/grpc/core/md_doc_statuscodes.html). */
export const statusCodes = {
  cancelled: 1,
  deadlineExceeded: 4,
  resourceExhausted: 8,
  failedPrecondition: 9,
  outOfRange: 11,
  internal: 13,
  unavailable: 14,
} as const;

/** What etcd answered in place of a result. */
export class StoreRefusal extends Error {
  /** gRPC's status code; undefined where the answer has none. */
  readonly code: number | undefined;

  constructor(answer: unknown) {
    const { code, message } = (answer ?? {}) as { readonly code?: unknown; readonly message?: unknown };
    super(typeof message === "string" ? message : JSON.stringify(answer));
    this.name = "StoreRefusal";
    this.code = typeof code === "number" ? code : undefined;
  }
}

import { ConstellationError, errorTable } from "../../contract/index.ts";

export interface ErrorAnswer {
  readonly status: number;
  readonly body: {
    readonly error: {
      readonly code: string;
      readonly message: string;
      readonly violations: readonly unknown[];
    };
  };
}

/** Any failure as the API answers it. What is not ours is a `bug` whose words stay in the log. */
export function errorAnswer(error: unknown): ErrorAnswer {
  const own = error instanceof ConstellationError ? error : (clientMistake(error) ?? unexpected);
  const { code, message, violations } = own;
  return { status: errorTable[code].http, body: { error: { code, message, violations } } };
}

const unexpected = new ConstellationError(
  "bug",
  "answer the request: an unexpected failure; the agent's log says more",
);

/** Fastify's own refusals carry a status: bad JSON, a body too large, no such route. */
function clientMistake(error: unknown): ConstellationError | undefined {
  if (!(error instanceof Error) || !("statusCode" in error)) return undefined;
  const status = Number(error.statusCode);
  if (status === 413) return new ConstellationError("too-large", `read the request: ${error.message}`);
  if (status >= 400 && status < 500)
    return new ConstellationError("invalid", `read the request: ${error.message}`);
  return undefined;
}

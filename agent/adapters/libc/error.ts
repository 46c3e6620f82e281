import { constants } from "node:os";

const errnoNames: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno)
    .reverse()
    .map(([name, value]) => [value, name]),
);

/**
 * What an adapter throws when the kernel or a tool refuses. `code` is the errno's name (`ENOENT`, `EPERM`, ...), plus
 * `EEXIT` for a tool that ended with a code other than 0 and `ETRUNCATED` for an answer over its limit.
 * The message reads `action: reason`; the action names the thing acted upon.
 */
export class AdapterError extends Error {
  override readonly name = "AdapterError";
  readonly code: string;
  readonly action: string;

  constructor(action: string, code: string, reason: string, options?: ErrorOptions) {
    super(`${action}: ${reason}`, options);
    this.action = action;
    this.code = code;
  }
}

/** The error of a failed system call. `detail` adds what the kernel said beyond the number, or what to do. */
export function errnoError(action: string, errno: number, detail?: string): AdapterError {
  const code = errnoNames.get(errno) ?? `E${errno}`;
  return new AdapterError(action, code, detail ? `${code}: ${detail}` : code);
}

/** Wraps what Node's `fs` or `child_process` threw, keeping its errno name; anything else is a bug and passes as it is. */
export function wrapNodeError(action: string, error: unknown): unknown {
  const code = codeOf(error);
  return code === undefined || error instanceof AdapterError
    ? error
    : new AdapterError(action, code, code, { cause: error });
}

/** The errno name an error carries, whether ours or Node's; asked of its shape, since errors may come from other realms. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

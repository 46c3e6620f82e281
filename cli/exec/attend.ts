import type { ExecStream } from "../../contract/index.ts";
import type { Session } from "../session/index.ts";

/** How a running command meets this side. */
export interface Attendance {
  /** Passes standard input on; else the command reads end-of-file at once. */
  readonly isInteractive: boolean;
  readonly onOutput: (stream: "stdout" | "stderr", bytes: Uint8Array) => Promise<void>;
}

/**
 * Passes input and output until the command ends. Resolves with its exit code, or 130 when Ctrl-C ended it from
 * here; under a raw terminal Ctrl-C is a byte like any other, for the command to act on.
 */
export async function attend(session: Session, stream: ExecStream, attendance: Attendance): Promise<number> {
  const { stdin } = session;
  const { isInteractive, onOutput } = attendance;
  const stop = session.interrupted();
  stop.addEventListener("abort", () => stream.close());
  if (isInteractive) {
    stdin.once("error", () => stream.stdin.end());
    stdin.pipe(stream.stdin);
  } else stream.stdin.end();
  try {
    await Promise.all([
      copy(stream.stdout, (bytes) => onOutput("stdout", bytes)),
      copy(stream.stderr, (bytes) => onOutput("stderr", bytes)),
    ]);
    return await stream.exit;
  } catch (error) {
    if (stop.aborted) return 130;
    throw error;
  } finally {
    stdin.unpipe();
    stream.close();
  }
}

async function copy(
  from: AsyncIterable<Uint8Array>,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  for await (const bytes of from) await write(bytes);
}

import type { Readable } from "node:stream";
import type { LogLine } from "../../contract/index.ts";

/**
 * What the API needs from the host that runs an instance. An id that it does not run is
 * `ConstellationError("not-found", "read logs of web-0-5f3a9c: ...")`.
 */
export interface InstanceAccess {
  /**
   * Output, oldest line first, also of runs before a restart. `tail` keeps the last lines of what is there
   * already; `since` (RFC 3339) skips older ones; `follow` goes on until the signal aborts or the instance is
   * removed. Reading is paced by the consumer.
   */
  logs(
    id: string,
    query: { readonly tail?: number; readonly since?: string; readonly follow: boolean },
    signal: AbortSignal,
  ): AsyncIterable<LogLine>;
  /** Starts a command inside a running instance. A command that does not exist is `invalid`. */
  exec(id: string, options: ExecOptions): Promise<ExecSession>;
}

export interface ExecOptions {
  readonly command: readonly string[];
  readonly tty: boolean;
  readonly user?: string;
  readonly workingDir?: string;
  /** The terminal's size, used with `tty` alone. */
  readonly columns: number;
  readonly rows: number;
}

/** A command that runs inside an instance. */
export interface ExecSession {
  /** What it prints, in order as far as one is known; ends once both streams are closed. Paced by the consumer. */
  readonly output: AsyncIterable<{ readonly stream: "stdout" | "stderr"; readonly data: Uint8Array }>;
  /** Resolves once the bytes were taken; after the command's end they are dropped silently. */
  write(data: Uint8Array): Promise<void>;
  /** End of file on standard input. */
  endInput(): void;
  resize(columns: number, rows: number): void;
  /** The exit code, 128 + signal when a signal killed it; resolves after `output` has ended. */
  readonly exit: Promise<number>;
  /** The client went away: kills the command (hang-up, then kill). Repeatable, also after its end. */
  close(): void;
}

/** What the API needs from the images this machine keeps; `agent/images` satisfies it. */
export interface BlobStore {
  /** Those that must still be uploaded, each once. */
  missingBlobs(digests: readonly `sha256:${string}`[]): Promise<string[]>;
  /** Durable once it resolves; `image-invalid` when the bytes do not match the digest, `too-large` past the limit. */
  putBlob(digest: `sha256:${string}`, content: Readable): Promise<void>;
}

/** Who is at the other end of a unix socket. */
export interface Peer {
  readonly uid: number;
  readonly gid: number;
  readonly pid: number;
}

/** Who asks. Every handler takes one; today only root's group gets as far as having one. */
export interface Principal {
  /** For people and the audit: `uid 0 (pid 4711)`. */
  readonly name: string;
  readonly peer: Peer;
}

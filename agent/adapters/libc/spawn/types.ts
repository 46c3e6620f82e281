import type { Readable, Writable } from "node:stream";

/**
 * What a child's descriptor becomes: a descriptor of ours (inherited), `/dev/null`, a pipe the child reads from
 * (`input`) or a pipe the child writes to (`output`).
 */
export type ChildFd = number | "null" | "input" | "output";

export interface SpawnRequest {
  /** Program and arguments. A program without a slash is looked up in the agent's own PATH. */
  readonly argv: readonly [string, ...string[]];
  /** The whole environment of the child. Absent: the agent's. */
  readonly env?: Readonly<Record<string, string>>;
  /** By the child's descriptor number. 0, 1 and 2 are `/dev/null` where absent; no other descriptor is inherited. */
  readonly fds?: Readonly<Record<number, ChildFd>>;
  readonly cwd?: string;
  /** `own` makes the child the leader of a new session, out of reach of the terminal's and the agent's signals. */
  readonly session?: "agent" | "own";
  /**
   * `caller` starts it before `spawn` returns its promise, so that it inherits what the agent is at that moment; by
   * default another thread does.
   */
  readonly startedBy?: "caller" | "pool";
}

/** How a process ended: exactly one of the two is set. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ChildProcess {
  readonly pid: number;
  /** Settles when the child itself has ended and is reaped, whatever its descendants still do. Never rejects. */
  readonly exited: Promise<Exit>;
  /** Our ends of the pipes asked for as `input`, by the child's descriptor number. */
  readonly inputs: ReadonlyMap<number, Writable>;
  /** Our ends of the pipes asked for as `output`, by the child's descriptor number. */
  readonly outputs: ReadonlyMap<number, Readable>;
  /** Signals the child unless it was reaped already, so never a stranger with its pid. */
  kill(signal: NodeJS.Signals): void;
}

/** Starts programs. Throws AdapterError with ENOENT, EACCES, E2BIG, EAGAIN ... when one cannot be started. */
export interface Spawner {
  spawn(request: SpawnRequest): Promise<ChildProcess>;
}

export interface RunOptions {
  /** Given on standard input, then end of file. Absent: `/dev/null`. */
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** After this the program is killed and the call fails with ETIMEDOUT. */
  readonly timeoutMs?: number;
  /** Kept of each of the two outputs. A program that writes more is killed and the call fails with ETRUNCATED. */
  readonly maxOutputBytes?: number;
}

export interface RunResult {
  /** The exit code; 128 + the signal's number when a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a tool to its end. A code other than 0 is a result, not an error. */
export type Run = (argv: readonly [string, ...string[]], options?: RunOptions) => Promise<RunResult>;

import type { Duplex, Readable } from "node:stream";

/** A login on one machine. */
export interface Login {
  /** Name or IP address. */
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** PEM or OpenSSH text. */
  readonly privateKey?: string;
  readonly privateKeyPassphrase?: string;
  /** For the login where no key does, and for sudo where that asks. */
  readonly password?: string;
  /** Whether the keys of the SSH agent of this machine are tried. Default: where neither key nor password is given. */
  readonly agent?: boolean;
  /** `ssh-ed25519 AAAA...` or `SHA256:...`; absent: trusted on first use. */
  readonly hostKey?: string;
  /** The key was seen at an earlier login, and is not given by a program. */
  readonly isKeyRecorded?: true;
}

export interface Target extends Login {
  /** Machines to go through, first to last. */
  readonly jump?: readonly Login[];
}

export interface ConnectOptions {
  /** Host keys seen at an earlier connection: another one is refused. */
  readonly known?: HostKeys;
  /** Where the SSH agent listens: `SSH_AUTH_SOCK`. */
  readonly agentSocket?: string | undefined;
  readonly signal?: AbortSignal;
}

/** `ssh-ed25519 AAAA...` by `ADDRESS:PORT`, after those of the jump hosts on the way: `192.0.2.1:22 > 10.0.0.1:22`; theirs too. */
export type HostKeys = Readonly<Record<string, string>>;

export interface RunOptions {
  /** For standard input; without it that is empty. */
  readonly input?: Readable | string;
  /** After that the session is closed and `timeout` thrown. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly onStdout?: (chunk: Buffer) => void;
  /** What messages call it; default: the command. */
  readonly name?: string;
}

export interface Outcome {
  /** 128 and more, as in a shell, where a signal ended it. */
  readonly code: number;
  /** The end of each, as much as `outputBytes` allows. */
  readonly stdout: string;
  readonly stderr: string;
}

/** Both streams of a running command. Its end without an exit code breaks it with `unreachable`. */
export interface Opened {
  readonly line: Duplex;
  /** What it has said on standard error so far; the end of it. */
  complaint(): string;
}

/** An open login. Every failure is a `ConstellationError` that holds no secret. */
export interface Ssh {
  /** `ssh://root@10.0.0.1:22`, for messages. */
  readonly name: string;
  /** Those of the machine and of its jump hosts, as seen when it connected. */
  readonly hostKeys: HostKeys;
  /** Runs a line of POSIX shell to its end, whatever its exit code. */
  run(command: string, options: RunOptions): Promise<Outcome>;
  /** The same with root's rights: by sudo where the user is not root. */
  runAsRoot(command: string, options: RunOptions): Promise<Outcome>;
  /** Starts a line of POSIX shell with root's rights, for as long as its streams are held. */
  openAsRoot(command: string): Promise<Opened>;
  /** Settles when the connection is gone, whoever ended it. */
  readonly closed: Promise<void>;
  close(): void;
}

import type { Address, Client } from "../../contract/index.ts";
import type { Output } from "../terminal/index.ts";

/** What a command works with: the agent, the terminal, the clock, and what the global options say. */
export interface Session {
  /** Opens nothing before its first call. */
  readonly agent: () => Promise<Client>;
  /** Where the agent answers. */
  readonly address: () => Promise<Address>;
  /** As said by options, the environment or the current context. Throws where that is a context that is not there. */
  readonly place: () => Promise<Place>;
  /** As given by `-n`; undefined means all of them in a listing, `default` in a name. */
  readonly namespace: string | undefined;
  readonly isJson: boolean;
  readonly output: Output;
  readonly now: () => number;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** Aborts with the first Ctrl-C (or SIGTERM); for commands that run until then. A second one kills. */
  readonly interrupted: () => AbortSignal;
  /** Ends what it has opened elsewhere. */
  readonly close: () => void;
}

/** Which agent is meant. */
export interface Place {
  /** Its machine, as ssh(1) takes it; undefined: this one. */
  readonly destination: string | undefined;
  /** Its root folder there; undefined: the machine's agent. */
  readonly root: string | undefined;
}

/** Every option of every command: one name means one thing throughout. */
export interface Options {
  readonly service?: string;
  readonly kind?: string;
  readonly tail?: number;
  readonly follow?: boolean;
  readonly since?: string;
  readonly timestamps?: boolean;
  readonly interactive?: boolean;
  readonly tty?: boolean;
  readonly user?: string;
  readonly workdir?: string;
  readonly language?: "typescript" | "yaml" | "python";
  readonly cluster?: boolean;
  readonly interval?: number;
  readonly count?: number;
  readonly sort?: "cpu" | "memory" | "name";
  readonly output?: string;
  readonly instanceLogs?: boolean;
  readonly passphraseFile?: string;
  readonly force?: boolean;
  readonly timeout?: number;
}

/** What all commands take. */
export interface GlobalOptions {
  readonly connect?: string;
  readonly root?: string;
  readonly namespace?: string;
  readonly json?: boolean;
  readonly color?: boolean;
}

export interface StartOptions extends GlobalOptions {
  /** Nobody is there to be asked or told, as while a shell completes a word. */
  readonly isUnattended?: boolean;
}

/** A name that somebody has to be asked for. `workload`: a service, a slot or an instance; `target`: any document too. */
export type NameKind =
  | "target"
  | "workload"
  | "instance"
  | "service"
  | "host"
  | "context"
  | "namespace"
  | "kind";

/** What the shell has to know to complete an argument or an option's value. */
export type Completes = NameKind | "folder" | "file" | readonly string[];

export interface OptionSpec {
  /** `-f, --follow`, `--tail <lines>`. */
  readonly flags: string;
  readonly doc: string;
  /** Refuses by throwing a `UsageError`. */
  readonly parse?: (text: string) => unknown;
  readonly completes?: Completes;
}

export interface ArgumentSpec {
  /** `<name>`, `[command...]`. */
  readonly syntax: string;
  readonly doc: string;
  readonly completes?: Completes;
}

/** One call of a command. */
export interface Call {
  readonly session: Session;
  /** The arguments in order; a variadic one is spread. */
  readonly args: readonly string[];
  readonly options: Options;
}

/** Runs a command; resolves with the process's exit code. */
export type Action = (call: Call) => Promise<number>;

export interface CommandSpec {
  readonly name: string;
  readonly summary: string;
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: readonly OptionSpec[];
  /** What to type, and what it does. Shown by `--help`, each tried by a test. */
  readonly examples: readonly (readonly [line: string, doc: string])[];
  /** Loaded when it is called: what one command needs costs the others nothing. */
  readonly load: () => Promise<Action>;
}

/** What was typed makes no command: exit code 2. */
export class UsageError extends Error {}

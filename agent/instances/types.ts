import type { ImageConfig, RegistryReference } from "../../contract/images/index.ts";
import type { Instance } from "../../contract/index.ts";
import type { RegistryAccess } from "../images/index.ts";

/** Milliseconds since 1970. */
export type Millis = number;

/** What tells a process from a later one that got its pid. `startTime`: clock ticks since boot, as in /proc/PID/stat. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
}

/** How a container's first process ended. `code`: 128 + the signal's number for a signal; absent when nobody saw it end. */
export interface Ending {
  readonly code?: number;
  readonly outOfMemory: boolean;
}

/** What the runtime knows of a container. `created`: it waits before its first instruction. */
export type ProcessView =
  | { readonly kind: "none" }
  | { readonly kind: "created"; readonly process: ProcessIdentity }
  | {
      readonly kind: "running";
      readonly process: ProcessIdentity;
      /** Nobody takes its output any more, and its exit code will be lost. */
      readonly hasLostMonitor?: true;
    }
  | { readonly kind: "ended"; readonly ending: Ending };

export interface User {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

export type ContainerMount =
  | {
      readonly kind: "tmpfs";
      readonly target: string;
      readonly sizeBytes: number;
      readonly mode: string;
      readonly readOnly: boolean;
    }
  | { readonly kind: "bind"; readonly source: string; readonly target: string; readonly readOnly: boolean };

/** -1 is unlimited. */
export interface Rlimit {
  readonly soft: number;
  readonly hard: number;
}

/** One container as the runtime is to make it: everything resolved, nothing left to look up. */
export interface Container {
  readonly id: string;
  /** The mounted root file system. */
  readonly root: string;
  readonly readOnlyRoot: boolean;
  readonly hostname: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly user: User;
  readonly workingDir: string;
  /** Changes to the usual set, by name with or without `CAP_`; `ALL` is every one. */
  readonly capabilities: { readonly add: readonly string[]; readonly drop: readonly string[] };
  readonly noNewPrivileges: boolean;
  readonly seccomp: "default" | "unconfined";
  /** By name without `RLIMIT_`, in lower case: `nofile`. */
  readonly rlimits: Readonly<Record<string, Rlimit>>;
  readonly resources: Resources;
  /** Pinned network namespace. */
  readonly netnsFile: string;
  readonly mounts: readonly ContainerMount[];
  readonly shmBytes: number;
}

/** Where output is kept. A file that would pass its size is replaced by an empty one. */
export interface ContainerLog {
  readonly file: string;
  readonly cutBytes: number;
}

export interface Resources {
  /** Weight under contention, in cores. */
  readonly cpu: number;
  /** The most cores; absent: no cap. */
  readonly cpuLimit?: number;
  readonly memoryLimitBytes?: number;
  readonly pidsLimit: number;
}

export interface CommandRequest {
  readonly argv: readonly [string, ...string[]];
  /** Absent: the container's. */
  readonly user?: User;
  readonly workingDir?: string;
  /** Added to the container's. */
  readonly env?: Readonly<Record<string, string>>;
  /** Absent: no terminal; then stdout and stderr are apart. */
  readonly terminal?: { readonly columns: number; readonly rows: number };
}

/** A command that runs inside a container; what the API's `ExecSession` says of the members holds here. */
export interface RunningCommand {
  readonly output: AsyncIterable<{ readonly stream: "stdout" | "stderr"; readonly data: Uint8Array }>;
  write(data: Uint8Array): Promise<void>;
  endInput(): void;
  resize(columns: number, rows: number): void;
  readonly exit: Promise<number>;
  close(): void;
}

/** A start that has begun; one of the two must be called. */
export interface PreparedStart {
  /**
   * Resolves once the first instruction may run. Throws RuntimeError. `mayRun` is asked when all but that instruction is
   * there, and the container in its cgroup: where it throws, so does this.
   */
  start(container: Container, mayRun: () => void): Promise<ProcessIdentity>;
  /** It will not be started: what was begun ends. Nothing happens once `start` was called. */
  dismiss(): void;
}

/** Starts, watches and ends containers; what it started lives on when the agent dies. Satisfied by `adapters/crun`. */
export interface Runtime {
  /** A start comes soon: what the kernel takes long for begins now. Returns at once, never fails, binds to nothing. */
  expectStart(): void;
  /**
   * Begins a start with what needs no container yet. Leftovers of the same id must be removed before.
   * `log` absent: output is kept nowhere. Throws RuntimeError.
   */
  prepare(id: string, log?: ContainerLog): Promise<PreparedStart>;
  look(id: string): Promise<ProcessView>;
  /** Ids of containers that have ended and were not removed since. */
  ended(): Promise<readonly string[]>;
  /** To its first process, by name: `SIGTERM`, `SIGRTMIN+3`. Nothing happens when that has ended. */
  signal(id: string, signal: string): Promise<void>;
  /** Kills what still runs and removes every trace but the log. Repeatable. */
  remove(id: string): Promise<void>;
  /** Ids of every container it knows, whatever their state. */
  list(): Promise<readonly string[]>;
  /**
   * Calls back soon after any container ended, until the signal aborts. May miss some: look again from time to time.
   * `onDeaf`: it cannot tell for now, and why.
   */
  onEnd(callback: () => void, onDeaf: (error: unknown) => void, signal: AbortSignal): void;
  /** Starts a command in a running container. Throws `invalid` where it cannot be executed. */
  exec(id: string, request: CommandRequest): Promise<RunningCommand>;
  /** Runs a command without input or output to its end; killed at the signal, then rejects with its reason. */
  runInside(id: string, argv: readonly [string, ...string[]], signal: AbortSignal): Promise<number>;
}

/** On what an instance may run while its host is cut off from the servers. */
export interface Terms {
  /** Only while the leader confirms it. */
  readonly isExclusive: boolean;
  /** Only so long after a server was heard, in milliseconds. Absent: for ever. */
  readonly stopAfterMs?: number;
}

/** Who keeps instances to what servers confirm. Its calls are repeatable. Satisfied by `agent/fence`. */
export interface Fence {
  /** Resolves once it may start. Rejects with the signal's reason. */
  untilGranted(id: string, terms: Terms, signal: AbortSignal, onWait: (why: string) => void): Promise<void>;
  hold(id: string, terms: Terms): void;
  /** Throws where it must not begin to run now. */
  requireGranted(id: string): void;
  /** Whether its time is up: then it is killed, if it was not yet. */
  isOverdue(id: string): boolean;
  /** The same, or it was up a moment ago. */
  wasOverdue(id: string): boolean;
  release(id: string): void;
}

/** The host's images. Satisfied by `agent/images`. */
export interface Images {
  /** Brings what this host lacks of an image; calls for the same image share one pull. */
  pull(
    reference: RegistryReference,
    imageDigest: string,
    access: RegistryAccess,
    options: {
      readonly onProgress: (progress: { readonly done: number; readonly total: number }) => void;
      readonly signal: AbortSignal;
    },
  ): Promise<void>;
  /** The same for an image that was uploaded to the cluster. Throws `image-missing`. */
  bring(
    imageDigest: string,
    options: {
      readonly onProgress: (progress: { readonly done: number; readonly total: number }) => void;
      readonly signal: AbortSignal;
    },
  ): Promise<void>;
  resolve(imageDigest: string): Promise<ImageConfig>;
  /** Folders in overlayfs's order, the topmost first. Never written to. */
  unpack(
    imageDigest: string,
    options: {
      readonly onProgress: (progress: { readonly done: number; readonly total: number }) => void;
      readonly signal: AbortSignal;
    },
  ): Promise<readonly string[]>;
}

/** Satisfied by `adapters/libc`. */
export interface Mounts {
  overlay(mount: {
    readonly lowerdirs: readonly string[];
    readonly writable: { readonly upper: string; readonly work: string };
    readonly target: string;
  }): Promise<void>;
  tmpfs(mount: { readonly target: string; readonly sizeBytes: number; readonly mode: number }): Promise<void>;
  /** False when nothing was mounted there. */
  unmount(target: string): Promise<boolean>;
}

/** An instance's place in the network. Its calls are repeatable. Satisfied by `agent/network`. */
export interface Network {
  plugIn(link: {
    readonly id: string;
    readonly address: string;
    /** Whether it may reach the cloud's metadata endpoints. */
    readonly cloudMetadata: boolean;
    /** Whether it is in networks besides the open one. */
    readonly hasNetworks: boolean;
  }): Promise<{ readonly netnsFile: string }>;
  unplug(id: string): Promise<void>;
  /** Whether new connections may still be led to it on this host; true also where nobody knows yet. */
  leadsTo(id: string): boolean;
  /** Whether somebody outside waits for an answer of it. */
  owesAnswer(id: string): Promise<boolean>;
}

/** Whom the host's half talks to; the session satisfies it. */
export interface Reports {
  /** The whole list, after every change; rejects when it was not stored, and is then called again. */
  instances(instances: readonly Instance[]): Promise<void>;
  /** Something of the list is another now: told at once, also while no report gets through. */
  changed(): void;
  progress(instanceId: string, message: string): void;
}

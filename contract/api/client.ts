import type { Duplex } from "node:stream";
import type {
  ClusterRecord,
  Document,
  DocumentWrite,
  Event,
  Host,
  Info,
  Instance,
  LogLine,
} from "../index.ts";

export interface DocumentAddress {
  readonly namespace: string;
  readonly plural: string;
  readonly name: string;
}

/** One typed client for the provider and the command; every failure is a `ConstellationError`. */
export interface Client {
  info(): Promise<Info>;
  getCluster(): Promise<ClusterRecord>;
  putCluster(body: Pick<ClusterRecord, "owner" | "name" | "network">): Promise<ClusterRecord>;
  /** All pages. */
  listDocuments(plural: string, query?: { namespace?: string }): Promise<Document[]>;
  /** undefined when there is none. */
  getDocument(address: DocumentAddress): Promise<Document | undefined>;
  /** `ifMatch` undefined creates. */
  putDocument(
    address: DocumentAddress,
    body: DocumentWrite,
    options: { ifMatch?: string; dryRun?: boolean },
  ): Promise<Document>;
  deleteDocument(address: DocumentAddress, options?: { ifMatch?: string }): Promise<void>;
  listInstances(query?: { namespace?: string; service?: string }): Promise<Instance[]>;
  getInstance(id: string): Promise<Instance>;
  listHosts(): Promise<Host[]>;
  /** Follows, reconnecting with the last id, until the signal aborts; throws `compacted` when it must list again. */
  events(
    query: { namespace?: string; service?: string; tail?: number; follow?: boolean; after?: string },
    signal: AbortSignal,
  ): AsyncIterable<{ id: string; event: Event }>;
  logs(
    id: string,
    query: { tail?: number; follow?: boolean; since?: string },
    signal: AbortSignal,
  ): AsyncIterable<LogLine>;
  /** A running command inside an instance. */
  exec(
    id: string,
    query: {
      command: readonly string[];
      tty?: boolean;
      user?: string;
      workingDir?: string;
      columns?: number;
      rows?: number;
    },
  ): Promise<ExecStream>;
  missingBlobs(digests: readonly string[]): Promise<string[]>;
  putBlob(digest: string, body: AsyncIterable<Uint8Array>, size: number): Promise<void>;
  secretDigests(values: readonly string[]): Promise<string[]>;
}

export interface ExecStream {
  /** Write: standard input (end it to send end-of-file). */
  readonly stdin: Duplex;
  readonly stdout: AsyncIterable<Uint8Array>;
  readonly stderr: AsyncIterable<Uint8Array>;
  resize(columns: number, rows: number): void;
  /** The command's exit code. */
  readonly exit: Promise<number>;
  close(): void;
}

/** Where an agent answers. Later also mTLS and SSH. */
export interface Address {
  readonly socket: string;
}

export function connect(_address: Address, _options?: { timeoutMs?: number }): Client {
  throw new Error("under construction");
}

import type { Owner, ServiceStatus, Violation } from "../../contract/index.ts";
import type { Compare, Desired, Put, Removal } from "../store/index.ts";

/** A document about to be written, checked as far as its own inputs go. */
export interface Candidate {
  readonly owner: Owner;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Secret leaves opened, defaults filled in. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** The same inputs as they are stored: secret leaves sealed, unchanged ones as they were. */
  readonly sealed: Readonly<Record<string, unknown>>;
  readonly earlier: Desired | undefined;
  /**
   * Nothing will be written. What the same run would make before the real write (a secret it names, an image it
   * uploads) may still be missing then.
   */
  readonly dryRun: boolean;
}

export interface Admission {
  /** The stable and revised outputs; in a dry run those not known yet are left out. */
  readonly outputs: Readonly<Record<string, unknown>>;
  /** Written in the same transaction. */
  readonly writes: readonly Put[];
  /** For the writer: what was not checked, or done in another way than asked. */
  readonly warnings?: readonly string[];
  /** For the reader of a dry run: what would come of it. */
  readonly notes?: readonly string[];
}

/** Writes for a document's own transaction, and what must not have changed for them. */
export interface Along {
  readonly writes: readonly (Put | Removal)[];
  readonly unchanged: readonly Compare[];
}

/** What a kind is beyond a document; each part may be left out. */
export interface KindFeature<Found = unknown> {
  /**
   * Asks elsewhere what the rest needs to know. Runs before the write's turn has come, so that no other write waits
   * for it. What it finds wrong is for `check` to say.
   */
  find?(candidate: Candidate): Promise<Found>;
  /** What the schema cannot know: every violation at once. */
  check?(candidate: Candidate, found: Found): Promise<readonly Violation[]>;
  /** Outputs, and what is to be stored along. Throws where the cluster cannot take it. */
  admit?(candidate: Candidate, found: Found): Promise<Admission>;
  /** What follows from the document, for the same transaction; where that fails, the document is written alone. */
  along?(desired: Desired): Along;
  /** Throws where something else needs the document: then it is not deleted. */
  requireUnused?(desired: Desired): void;
  /** The live state; without it an apply waits for nothing. */
  status?(desired: Desired): ServiceStatus;
}

/** By kind; one that is nothing but content needs none. */
export type KindFeatures = Readonly<Partial<Record<string, KindFeature>>>;

export interface WriteRequest {
  readonly namespace: string;
  readonly plural: string;
  readonly name: string;
  readonly owner: Owner;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** The etag that was read; undefined creates, or continues what the same owner created. */
  readonly ifMatch: string | undefined;
  readonly dryRun: boolean;
  /** Who asks, for people. */
  readonly by: string;
}

import type { Content } from "./content.ts";

/** What stands where a backup is to go. */
export type Target =
  | { readonly kind: "empty" }
  | {
      readonly kind: "cluster";
      readonly id: string;
      readonly name: string;
      readonly documents: number;
      /** Who else keeps its state; absent: nobody. */
      readonly otherServers?: readonly string[];
    }
  /** There is a store, and it does not answer: damaged, or just not running. */
  | {
      readonly kind: "silent";
      readonly folder: string;
      /** Others may keep the same state. */
      readonly isOneOfSeveral?: boolean;
    };

/** The machine that a backup is taken from or goes to. */
export interface BackupMachine {
  readonly stateDir: string;
  /** Everything in the running store, at one revision. Throws `unreachable`. */
  readRecords(): Promise<Pick<Content, "records" | "storeRevision">>;
  look(): Promise<Target>;
  /** Throws `host-unfit` where an agent could not run, or the folders are somebody else's; makes the folders. */
  prepare(): Promise<void>;
  /** Makes a new store in this folder that holds exactly these records, and ends its process. */
  fillStore(folder: string, records: Content["records"]): Promise<void>;
  /** Ends guard, agent and store. Instances, names and packet rules go on. */
  halt(): Promise<void>;
  /** Starts the agent and waits until it answers. */
  start(): Promise<void>;
}

/** A member of the store, as the store knows it. */
export interface StoreMember {
  readonly id: string;
  /** Undefined: it was never started. */
  readonly name: string | undefined;
  /** Undefined: it is alone. */
  readonly address: string | undefined;
  /** It follows, and counts for no majority yet. */
  readonly isLearner: boolean;
}

/** Who keeps the store. Each change is one step that a majority has to take; rejects with `unreachable` where there is none. */
export interface StoreMembers {
  /** As the own member knows them, also without a majority. */
  list(): Promise<readonly StoreMember[]>;
  /** The own member's id. */
  self(): Promise<string>;
  /** A learner; what it needs for its first start. May be repeated. */
  add(name: string, address: string): Promise<string>;
  promote(id: string): Promise<void>;
  remove(id: string): Promise<void>;
  move(id: string, address: string): Promise<void>;
  /** Whether the member at this address answers this machine now. */
  answers(address: string): Promise<boolean>;
  /** How the own member is. */
  status(): Promise<{
    readonly isRaftLeader: boolean;
    readonly hasQuorum: boolean;
    readonly isLearner: boolean;
  }>;
}

/** A member, and whether it answers. */
export interface SeenMember extends StoreMember {
  readonly isHealthy: boolean;
  /** This machine's. */
  readonly isOwn: boolean;
}

import type { LeaderRecord } from "../store/index.ts";

/** How this server's own member of the store stands, as far as it matters for who leads. */
export interface Standing {
  readonly isRaftLeader: boolean;
  readonly hasQuorum: boolean;
}

/** Another server, as this one hears it. */
export interface OtherServer {
  readonly name: string;
  readonly isReady: boolean;
}

export interface View {
  readonly self: string;
  /** undefined: the own member does not answer. */
  readonly standing: Standing | undefined;
  /** Who leads, by the store; undefined before anybody did. */
  readonly record: Pick<LeaderRecord, "server"> | undefined;
  /** That record is this agent's own, and not an earlier one's on this machine. */
  readonly isOurs: boolean;
  readonly others: readonly OtherServer[];
  /** How long ago another one took over that was not heard since, in milliseconds; undefined: none did. */
  readonly overtakenMs: number | undefined;
}

/** `take`: raise the epoch, and lead from then on. */
export type Decision = "lead" | "take" | "rest";

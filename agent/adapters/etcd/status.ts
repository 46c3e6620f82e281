import type { Gateway } from "./gateway.ts";
import type { StatusAnswer } from "./messages.ts";

/** How the own member is, as it sees the cluster. */
export interface MemberStatus {
  readonly isRaftLeader: boolean;
  /** Grows with every election. */
  readonly raftTerm: number;
  /** It knows a leader; one that lost its majority gives that up within an election's time. */
  readonly hasQuorum: boolean;
  /** It only follows, and answers no reads, until it is promoted. */
  readonly isLearner: boolean;
}

/** A call takes well under a millisecond; one that takes longer finds the process in trouble. In milliseconds. */
const answerMs = 1_000;

/** Answered by the member alone, also while there is no quorum. */
export async function readStatus(gateway: Gateway): Promise<MemberStatus> {
  const answer = await gateway.call<StatusAnswer>("/v3/maintenance/status", {}, answerMs);
  const { header, leader = "0", raftTerm = "0", isLearner = false } = answer;
  return {
    isRaftLeader: leader !== "0" && leader === header.member_id,
    raftTerm: Number(raftTerm),
    hasQuorum: leader !== "0",
    isLearner,
  };
}

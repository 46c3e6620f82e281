/**
 * The servers as those who keep the cluster's state: who is one, who becomes one, who may go.
 *
 * Invariant: no change is made after which those that answer would be no majority, and a new server counts for one only
 * when it has all that the others have. It does not decide who leads.
 */
export { type Change, lostQuorum, majorityOf, refusalOf, refusalToRecover } from "./decide.ts";
export { hasOtherVoters, look } from "./look.ts";
export { promoteLearners } from "./loop.ts";
export { forgetJoining, type OwnPeering, peeringRecord } from "./peering.ts";
export { createServers, type Servers, type ServersPorts } from "./servers.ts";
export type { SeenMember, StoreMember, StoreMembers } from "./types.ts";

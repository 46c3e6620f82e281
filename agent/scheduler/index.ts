/**
 * Which host an instance goes to, why none takes it, whom to stop for it.
 *
 * Invariant: no host is ever given more than it has, less its own reserve, nor what its rules forbid. Pure: the same
 * fleet, the same choice, whatever the order it is told in. It writes nothing and knows nothing of rollouts.
 */
export { admitService } from "./admit.ts";
export { type BatchWant, chooseBatch, occupantOf } from "./batch.ts";
export { bestHost, choose, explainer, formatBytes, rejectionsOf, type Want } from "./choose.ts";
export { createFleet, type Fleet } from "./fleet.ts";
export { createLedger, isSameList, type Ledger } from "./ledger.ts";
export { leaveReason, welcome } from "./nature.ts";
export { preempt, preemptionBounds } from "./preempt.ts";
export { defaultRequest, requestOf } from "./request.ts";
export { describeRejections } from "./say.ts";
export type { Amounts, Choice, Machine, Occupant, Reason, Rejection, Request } from "./types.ts";

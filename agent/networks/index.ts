/**
 * Networks: which services take part in which, and what may be written of that.
 *
 * Invariant: two instances may reach each other where their services share a network. The open network, which has no
 * document, is shared by all that is in no isolated one; what is known of a network no more counts as isolated.
 * It enforces nothing: each host's network does, from its assignment.
 */
export { attachmentProblems } from "./check.ts";
export { networkFeature } from "./feature.ts";
export {
  type Attachment,
  attachmentsOf,
  type Membership,
  membershipOf,
  openNetwork,
} from "./membership.ts";

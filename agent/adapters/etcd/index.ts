/**
 * etcd: one member as a supervised process, its key-value, transaction and watch calls, and who its peers are.
 *
 * Invariant: only the owner of the run folder can reach the member as a client: it listens on sockets in a 0700 folder;
 * peers reach it by mTLS, as servers of the same cluster, and not at all while it is alone.
 * It does no elections, leases or locks; who writes what is the store's matter.
 */

export { memberSocket } from "./arguments.ts";
export { type Connection, connectKeyValues } from "./key-values.ts";
export {
  endMember,
  type Member,
  type MemberOptions,
  type ProcessPort,
  superviseMember,
} from "./member.ts";
export type { PeerCredentials } from "./members.ts";
export type { MemberStatus } from "./status.ts";
export type { Peering } from "./types.ts";

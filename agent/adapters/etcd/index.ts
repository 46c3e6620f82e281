/**
 * etcd: one member as a supervised process, and its key-value, transaction and watch calls.
 *
 * Invariant: only the owner of the run folder can reach the member: it listens on sockets in a 0700 folder.
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
export type { MemberStatus } from "./status.ts";

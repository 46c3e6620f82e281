import * as z from "zod";
import { privateRecord } from "../lib/private-record.ts";

const schema = z.object({
  clusterId: z.string(),
  clusterName: z.string(),
  /** This machine's name. */
  name: z.string(),
  /** Where the other servers reach its store. */
  address: z.ipv4(),
  /** The members it is to be one of, for its first start; absent once it is. */
  joins: z.string().optional(),
});

/** What a server that is one of several knows before its store runs. */
export type OwnPeering = z.infer<typeof schema>;

/** Absent: this machine is no server, or one that is alone. Without it the store that starts next is nobody's peer. */
export const peeringRecord = privateRecord(
  "server.json",
  schema,
  "where other servers are left, remove this one there, take its agent down, and join again",
);

/** What it needed to become a member is of no use any more once it is one, and would hide that its data was lost. */
export function forgetJoining(stateDir: string): void {
  const peering = peeringRecord.read(stateDir);
  if (peering?.joins === undefined) return;
  const { joins: _, ...rest } = peering;
  peeringRecord.write(stateDir, rest);
}

import * as z from "zod";
import { privateRecord } from "./lib/private-record.ts";

const schema = z.object({
  clusterId: z.string(),
  clusterName: z.string(),
  /** This host's name. */
  name: z.string(),
  /** `ADDRESS:PORT` of the servers known last. */
  servers: z.array(z.string()).min(1),
});

/** What a host that keeps no state itself knows of its cluster. A server has none. */
export type Membership = z.infer<typeof schema>;

/** Absent where this machine joined no cluster. */
export const membershipRecord = privateRecord("membership.json", schema, "join again");

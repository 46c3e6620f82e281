import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { ConstellationError } from "../contract/index.ts";
import { writePrivate } from "./identity/index.ts";

const fileName = "membership.json";

const schema = z.object({
  version: z.literal(1),
  clusterId: z.string(),
  clusterName: z.string(),
  /** This host's name. */
  name: z.string(),
  /** `ADDRESS:PORT` of the servers known last. */
  servers: z.array(z.string()).min(1),
});

/** What a host that keeps no state itself knows of its cluster. A server has none. */
export type Membership = Omit<z.infer<typeof schema>, "version">;

/** Undefined where this machine joined no cluster. Throws `host-unfit` where the file cannot be read: guessing would found another one. */
export function readMembership(stateDir: string): Membership | undefined {
  const file = join(stateDir, fileName);
  if (!existsSync(file)) return undefined;
  try {
    const { version: _, ...membership } = schema.parse(JSON.parse(readFileSync(file, "utf8")));
    return membership;
  } catch (cause) {
    throw new ConstellationError("host-unfit", `read ${file}: it is damaged; join again`, { cause });
  }
}

export function writeMembership(stateDir: string, membership: Membership): void {
  writePrivate(join(stateDir, fileName), `${JSON.stringify({ version: 1, ...membership })}\n`);
}

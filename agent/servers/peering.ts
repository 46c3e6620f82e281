import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { ConstellationError } from "../../contract/index.ts";
import { writePrivate } from "../identity/index.ts";

const fileName = "server.json";

const schema = z.object({
  version: z.literal(1),
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
export type OwnPeering = Omit<z.infer<typeof schema>, "version">;

/** Undefined: this machine is no server, or one that is alone. Throws `host-unfit` where the file cannot be read. */
export function readPeering(stateDir: string): OwnPeering | undefined {
  const file = join(stateDir, fileName);
  if (!existsSync(file)) return undefined;
  try {
    const { version: _, ...peering } = schema.parse(JSON.parse(readFileSync(file, "utf8")));
    return peering;
  } catch (cause) {
    const fix = "where other servers are left, remove this one there, take its agent down, and join again";
    throw new ConstellationError("host-unfit", `read ${file}: it is damaged; ${fix}`, { cause });
  }
}

export function writePeering(stateDir: string, peering: OwnPeering): void {
  writePrivate(join(stateDir, fileName), `${JSON.stringify({ version: 1, ...peering })}\n`);
}

/** The store that is to start next is nobody's peer. */
export function forgetPeering(stateDir: string): void {
  rmSync(join(stateDir, fileName), { force: true });
}

/** What it needed to become a member is of no use any more once it is one, and would hide that its data was lost. */
export function forgetJoining(stateDir: string): void {
  const peering = readPeering(stateDir);
  if (peering?.joins === undefined) return;
  const { joins: _, ...rest } = peering;
  writePeering(stateDir, rest);
}

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { ConstellationError } from "../../contract/index.ts";
import { type Content, encodeContent, isKept, stateFiles } from "./content.ts";
import { type About, sealBackup } from "./envelope.ts";
import type { BackupMachine } from "./types.ts";

const cluster = z.object({ id: z.string(), name: z.string() });

/** The cluster's state, encrypted. Throws `no-cluster` where there is none, `unreachable` where the store does not answer. */
export async function takeBackup(
  machine: Pick<BackupMachine, "stateDir" | "readRecords">,
  passphrase: string,
  { agentVersion, now }: { readonly agentVersion: string; readonly now: Date },
): Promise<{ readonly about: About; readonly file: Buffer; readonly records: Content["records"] }> {
  const { records, storeRevision } = await machine.readRecords();
  const kept = records.filter(({ key }) => isKept(key));
  const record = kept.find(({ key }) => key === "cluster");
  if (record === undefined)
    throw new ConstellationError(
      "no-cluster",
      "back up: this agent has no cluster yet, so there is nothing to keep",
    );
  const { id, name } = cluster.parse(JSON.parse(record.value));
  const files = stateFiles
    .filter((file) => existsSync(join(machine.stateDir, file)))
    .map((file) => ({
      name: file,
      base64: readFileSync(join(machine.stateDir, file), "base64"),
    }));
  const host = readFileSync(join(machine.stateDir, "host-name"), "utf8").trim();
  const about = { takenAt: now.toISOString(), agentVersion, clusterId: id, clusterName: name, host };
  const content = encodeContent({ storeRevision, files, records: kept });
  return { about, file: await sealBackup(content, about, passphrase), records: kept };
}

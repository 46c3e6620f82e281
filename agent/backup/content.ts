import * as z from "zod";
import { ConstellationError } from "../../contract/index.ts";

export const contentVersion = 1;

/** Files of the state folder that a cluster cannot go on without. */
export const neededFiles = ["secrets.key", "host-name"] as const;
/** And those that are taken along where they are there: the credentials of registries, and the cluster's CA, where it ever had more than one machine. */
export const stateFiles = [...neededFiles, "auth.json", "identity/ca.key", "identity/ca.crt"] as const;

const schema = z.object({
  version: z.literal(contentVersion),
  /** The store's revision at which all records were read. */
  storeRevision: z.int(),
  files: z.array(z.object({ name: z.enum(stateFiles), base64: z.base64() })),
  /** As the store held them, secret leaves sealed; in order of their keys. */
  records: z.array(z.object({ key: z.string().min(1), value: z.string() })),
});
export type Content = z.infer<typeof schema>;

/**
 * What hosts report is true of the moment alone: it is left out, and reported again by the hosts that come back. Who leads is
 * found out again, too; without that record a store that came back is known for another one.
 */
export function isKept(key: string): boolean {
  return !key.startsWith("observed/") && !key.startsWith("leader/");
}

export function encodeContent(content: Omit<Content, "version">): Buffer {
  return Buffer.from(JSON.stringify({ version: contentVersion, ...content }));
}

/** Throws `invalid` where a record or file is missing or malformed. `check` refuses a record that this agent cannot read. */
export function decodeContent(bytes: Buffer, check: (key: string, value: string) => void): Content {
  const parsed = schema.safeParse(JSON.parse(bytes.toString("utf8")));
  if (!parsed.success) {
    throw unusable(
      "its content is not of this version; restore it with the agent that made it",
      parsed.error,
    );
  }
  const { files, records } = parsed.data;
  const absent = neededFiles.filter((name) => !files.some((file) => file.name === name));
  if (absent.length > 0) throw unusable(`it lacks ${absent.join(" and ")}`);
  for (const { key, value } of records) {
    try {
      check(key, value);
    } catch (error) {
      throw unusable(error instanceof Error ? error.message : String(error), error);
    }
  }
  return parsed.data;
}

/** How many documents are wanted, by what the store calls them. */
export function countDocuments(records: Content["records"]): number {
  return records.filter(({ key }) => key.startsWith("desired/")).length;
}

function unusable(reason: string, cause?: unknown): ConstellationError {
  return new ConstellationError("invalid", `read backup: ${reason}`, { cause });
}

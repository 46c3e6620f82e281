import { ConstellationError } from "../../contract/index.ts";

/** What a `Cluster.access` holds: opaque to users, compared by `id` alone. */
export interface Access {
  readonly id: string;
  /** `unix:///run/constellation/agent.sock`, in order of preference. */
  readonly addresses: readonly string[];
}

export function formatAccess(access: Access): string {
  return Buffer.from(JSON.stringify(access)).toString("base64url");
}

/** @throws ConstellationError `invalid`; the message never quotes the text. */
export function parseAccess(text: string): Access {
  try {
    const { id, addresses } = JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as Access;
    if (typeof id === "string" && Array.isArray(addresses)) return { id, addresses };
  } catch {
    // Not base64 or not JSON: the same answer as for JSON of another shape.
  }
  throw new ConstellationError(
    "invalid",
    "read cluster access: not a value of Cluster.access; pass the output of a Cluster as it is",
  );
}

/** The cluster's id, or undefined when the value is none or not known. */
export function accessId(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  try {
    return parseAccess(value).id;
  } catch {
    // Checked where it is used to connect; a diff compares what it can.
    return undefined;
  }
}

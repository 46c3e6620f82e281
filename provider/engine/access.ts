import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { ConstellationError, machineDigest } from "../../contract/index.ts";
import type { Place } from "../machines/index.ts";

/** What a `Cluster.access` holds: opaque to users, compared by `id` alone. */
export interface Access {
  readonly id: string;
  /** `unix:///run/constellation/agent.sock`, or `ssh://root@10.0.0.1:22` for each of `servers`. */
  readonly addresses: readonly string[];
  /** Which machine a `unix://` address is on. */
  readonly machine?: string;
  /** The logins behind `ssh://` addresses, with the credentials that the program gave and the host keys that were seen. */
  readonly servers?: readonly Place[];
}

const machineIdFile = "/etc/machine-id";

/** Tells this machine from others. */
export function thisMachine(): string {
  const id = existsSync(machineIdFile) ? readFileSync(machineIdFile, "utf8").trim() : "";
  return machineDigest(id || hostname());
}

export function formatAccess(access: Access): string {
  return Buffer.from(JSON.stringify(access)).toString("base64url");
}

/** @throws ConstellationError `invalid`; the message never quotes the text. */
export function parseAccess(text: string): Access {
  try {
    const access = JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as Access;
    if (typeof access.id === "string" && Array.isArray(access.addresses)) return access;
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

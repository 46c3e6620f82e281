import type { Readable } from "node:stream";
import type { Digest } from "../contract/index.ts";
import type { ApiPorts } from "./api/index.ts";
import type { HostSession } from "./session/index.ts";

/** What this machine's own half can be asked for. */
export type Here = Pick<ApiPorts, "access" | "stats">;

/** The servers as this machine's own half meets them: in the same process, or over the network. */
export interface ServersHalf {
  readonly session: HostSession;
  /** Digests of the images that must stay here; undefined while nobody knows. */
  imagesInUse(): ReadonlySet<Digest> | undefined;
  /** The most that images may take on this host's disk, where the cluster says. */
  imageBytes(): number | undefined;
  /** A blob that somebody uploaded to the cluster, from a server that has it. */
  openBlob(digest: Digest, signal: AbortSignal): Promise<Readable>;
  /** Opens the socket, and goes on until the signal aborts; rejects when it cannot go on. */
  run(here: Here): Promise<void>;
}

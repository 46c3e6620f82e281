/**
 * What each kind is to an engine: documents share one implementation, a cluster and a host have their own.
 * Invariant: no engine edge asks for a kind by name; they all ask this table.
 */
import type { Resource } from "../../contract/index.ts";
import { type Kind, resources } from "../../contract/index.ts";
import {
  type Connections,
  createRemovals,
  createTurns,
  documentOperations,
  type LocalImages,
  type Operations,
  type OperationsOf,
} from "../engine/index.ts";
import type { AgentProgram } from "./agent-program.ts";
import { clusterOperations } from "./cluster.ts";
import { hostOperations } from "./host.ts";
import { localSite } from "./local-site.ts";
import type { RemoteParts } from "./remote-parts.ts";
import { remoteSite } from "./remote-site.ts";
import type { SiteOf } from "./site.ts";

export { agentProgram } from "./agent-program.ts";

export interface Parts {
  readonly connections: Connections;
  readonly images: LocalImages;
  readonly agent: AgentProgram;
  /** How machines elsewhere are reached, and what they are given. */
  readonly remote: RemoteParts;
  /** This provider's, and so that of the agent beside it. */
  readonly version: string;
  readonly environment: NodeJS.ProcessEnv;
}

export function createOperations(parts: Parts): OperationsOf {
  const { connections, images, agent, remote, version, environment } = parts;
  const siteOf: SiteOf = (inputs, old) =>
    inputs.servers === undefined
      ? localSite(inputs, agent, environment.CONSTELLATION_ROOT)
      : remoteSite(inputs, old, remote);
  const removals = createRemovals();
  const special: Partial<Record<Kind, Operations>> = {
    Cluster: removals.ofClusters(clusterOperations(siteOf, connections, version)),
    Host: removals.besideClusters(hostOperations(connections, remote, version)),
  };
  const inTurn = createTurns();
  const documents = (kind: Kind) =>
    documentOperations(resources[kind] as unknown as Resource, connections, images);
  return (kind) => special[kind] ?? removals.onClusters(inTurn(documents(kind)));
}

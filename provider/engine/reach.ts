import { ConstellationError } from "../../contract/index.ts";
import { type Connection, type Connections, NotReady, type Stored } from "./types.ts";
import { knownText, type Properties } from "./values.ts";

const silentCluster =
  "its cluster's agent does not answer; pulumi up --refresh starts it where the program holds the Cluster, else constellation-agent up";

/** How operations get to the cluster of a resource, and what it means where they do not. */
export interface Reach {
  connect(inputs: Properties): Promise<Connection>;
  /** Connects to the cluster that the resource was made on, and to no other. */
  reconnect(old: Stored, inputs: Properties, action: string): Promise<Connection>;
  /** The same, and undefined once nothing is left of that cluster. */
  reconnectIfThere(old: Stored, action: "read" | "delete"): Promise<Connection | undefined>;
}

export function createReach(connections: Connections): Reach {
  const connect: Reach["connect"] = (inputs) => connections.to(knownText(inputs.cluster));

  const reconnect: Reach["reconnect"] = async (old, inputs, action) => {
    const connection = await connect(inputs).catch(async (cause: unknown) => {
      if ((await connections.lost(knownText(inputs.cluster), cause)) !== "down") throw cause;
      throw new ConstellationError("unreachable", `${action} ${old.id}: ${silentCluster}`, { cause });
    });
    const recorded = knownText(old.outputs.clusterId);
    if (recorded === undefined || recorded === connection.clusterId) return connection;
    throw new ConstellationError(
      "wrong-cluster",
      `${action} ${old.id}: this stack lives on cluster ${recorded}, connected to ${connection.clusterId}; point the provider at the right one, or, if that cluster is gone for good, forget what was on it with pulumi state delete`,
    );
  };

  return {
    connect,
    reconnect,
    async reconnectIfThere(old, action) {
      try {
        return await reconnect(old, old.inputs.value, action);
      } catch (error) {
        const lost = await connections.lost(knownText(old.inputs.value.cluster), error);
        if (lost === "gone") return undefined;
        if (lost === "down" && action === "read") throw new NotReady(old, [(error as Error).message]);
        throw error;
      }
    },
  };
}

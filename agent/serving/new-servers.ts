import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ConstellationError } from "../../contract/index.ts";
import type { Clusters } from "../cluster/index.ts";
import type { ServerPorts } from "../hosts/index.ts";
import { type Authority, identityFiles } from "../identity/index.ts";
import { readPrivate } from "../lib/private-file.ts";
import { look, type OwnPeering, peeringRecord, refusalOf, type StoreMembers } from "../servers/index.ts";
import { families, keys, type Store } from "../store/index.ts";

/** Who keeps the state, and how this machine lets others do so too. */
export interface OwnServers extends StoreMembers {
  openToPeers(own: OwnPeering): Promise<void>;
}

export interface AdmittingOptions {
  readonly records: Store;
  readonly clusters: Clusters;
  readonly servers: OwnServers;
  readonly self: string;
  readonly stateDir: string;
  readonly authority: () => Promise<Authority>;
}

/** How a server takes one more in. What it gives away makes a server of whoever has it. */
export function admitServers({
  records,
  clusters,
  servers,
  self,
  stateDir,
  authority,
}: AdmittingOptions): ServerPorts {
  return {
    isOpen: () => peeringRecord.read(stateDir) !== undefined,

    async open() {
      const address = records.get(families.host, keys.host(self))?.record.address;
      if (address === undefined) throw new ConstellationError("bug", `open ${self}: it has no address`);
      await authority();
      const { id: clusterId, name: clusterName } = clusters.current();
      await servers.openToPeers({ clusterId, clusterName, name: self, address });
    },

    async requireRoom(address) {
      const refusal = refusalOf({ kind: "add", address }, await look(servers));
      if (refusal !== undefined) throw new ConstellationError("taken", `join as a server: ${refusal}`);
    },

    async add(name, address) {
      const authorityKey = readPrivate(join(stateDir, identityFiles.authorityKey));
      if (authorityKey === undefined) throw new ConstellationError("bug", "join as a server: there is no CA");
      const secretsKey = readFileSync(join(stateDir, "secrets.key")).toString("base64");
      return { joins: await servers.add(name, address), secretsKey, authorityKey };
    },
  };
}

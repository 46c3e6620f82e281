import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ConstellationError } from "../contract/index.ts";
import { identityFiles, openAuthority, serverName } from "./identity/index.ts";
import { ownCredentials } from "./own-certificate.ts";
import { type OwnPeering, peeringRecord, type StoreMembers } from "./servers/index.ts";

/** In milliseconds. */
const bounds = {
  /** Of a member that was restarted, until it has a leader. */
  quorumMs: 20_000,
  pauseMs: 50,
} as const;

/** How this machine's store is reached by those of other servers, with a certificate that is good now; undefined while it is alone. */
export async function peeringOf(stateDir: string) {
  const own = peeringRecord.read(stateDir);
  if (own === undefined) return undefined;
  const { clusterId, name, address, joins } = own;
  const authority = () => openAuthority(stateDir, clusterId, new Date());
  await ownCredentials({ self: name, address, stateDir, authority });
  const fileOf = (file: "authority" | "certificate" | "key") => join(stateDir, identityFiles[file]);
  const files = { authority: fileOf("authority"), certificate: fileOf("certificate"), key: fileOf("key") };
  const identity = { ...files, serverName };
  return { name, address, identity, joins };
}

interface OwnStore {
  readonly stateDir: string;
  readonly members: StoreMembers;
  /** Ends its process, which is started anew as `peeringOf` says by then. */
  restart(): Promise<void>;
}

/** The other members hear of the address last: where this is cut short, it is done anew. */
export async function openToPeers(own: OwnPeering, { stateDir, members, restart }: OwnStore): Promise<void> {
  const [list, self] = await Promise.all([members.list(), members.self()]);
  if (list.find(({ id }) => id === self)?.address === own.address) return;
  peeringRecord.write(stateDir, own);
  await restart();
  await untilQuorum(members);
  await members.move(self, own.address);
}

async function untilQuorum({ status }: Pick<StoreMembers, "status">): Promise<void> {
  const deadline = performance.now() + bounds.quorumMs;
  for (;;) {
    const found = await status().catch(() => undefined);
    if (found?.hasQuorum) return;
    if (performance.now() > deadline)
      throw new ConstellationError("unreachable", "restart the store: it has no leader yet; try again");
    await delay(bounds.pauseMs);
  }
}

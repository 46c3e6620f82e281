import { request } from "node:https";
import type { StoreMember, StoreMembers } from "../../servers/index.ts";
import { peerUrl } from "./arguments.ts";
import type { Gateway } from "./gateway.ts";
import type { HeaderAnswer } from "./messages.ts";

/** PEM texts, to ask other members with. */
export interface PeerCredentials {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** How long another member may take to answer, in milliseconds. */
const probeMs = 1_000;

interface MembersAnswer extends HeaderAnswer {
  readonly members?: readonly {
    readonly ID: string;
    readonly name?: string;
    readonly peerURLs?: readonly string[];
    readonly isLearner?: boolean;
  }[];
}

/** `credentials`: undefined where this member is alone. Errors are those of the gateway. */
export function createMembers(
  gateway: Gateway,
  credentials: () => PeerCredentials | undefined,
): Omit<StoreMembers, "status"> {
  const call = async (change: string, body: object) =>
    await gateway.call<MembersAnswer>(`/v3/cluster/member/${change}`, body);
  return {
    list: async () => membersOf(await call("list", { linearizable: false })),
    self: async () => (await call("list", { linearizable: false })).header.member_id,
    async add(name, address) {
      const known = await call("list", { linearizable: true });
      const url = peerUrl(address);
      const isKnown = known.members?.some(({ peerURLs }) => peerURLs?.includes(url));
      const { members = [] } = isKnown ? known : await call("add", { peerURLs: [url], isLearner: true });
      return members
        .flatMap(({ ID, name: own, peerURLs = [] }) =>
          peerURLs.map((at) => `${at === url ? name : own || ID}=${at}`),
        )
        .join(",");
    },
    promote: async (ID) => void (await call("promote", { ID })),
    remove: async (ID) => void (await call("remove", { ID })),
    move: async (ID, address) => void (await call("update", { ID, peerURLs: [peerUrl(address)] })),
    async answers(address) {
      const own = credentials();
      return own !== undefined && (await isAnswering(address, own));
    },
  };
}

function membersOf({ members = [] }: MembersAnswer): StoreMember[] {
  return members.map(({ ID, name, peerURLs: [url = ""] = [], isLearner = false }) => ({
    id: ID,
    name: name || undefined,
    address: url.startsWith("https://") ? new URL(url).hostname : undefined,
    isLearner,
  }));
}

/** The peers' port of another member tells its version to whoever is a peer. */
function isAnswering(address: string, { authority, certificate, key }: PeerCredentials): Promise<boolean> {
  return new Promise((resolve) => {
    request(`${peerUrl(address)}/version`, {
      ...{ ca: authority, cert: certificate, key, minVersion: "TLSv1.3", agent: false },
      signal: AbortSignal.timeout(probeMs),
    })
      .once("response", (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      })
      .once("error", () => resolve(false))
      .end();
  });
}

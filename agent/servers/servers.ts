import { setTimeout as delay } from "node:timers/promises";
import { ConstellationError, type Server } from "../../contract/index.ts";
import { lostQuorum, refusalOf } from "./decide.ts";
import { look } from "./look.ts";
import type { SeenMember, StoreMembers } from "./types.ts";

/** The store changes its members only some seconds after the last change, once all have found each other. In milliseconds. */
const bounds = { patienceMs: 15_000, pauseMs: 250 } as const;

export interface ServersPorts {
  readonly members: StoreMembers;
  /** This machine's name. */
  readonly self: string;
  /** Hosts that are servers by their records. */
  readonly recorded: () => readonly { readonly name: string; readonly address?: string | undefined }[];
  /** Whose agent leads. */
  readonly leader: () => string | undefined;
  /** What a server has that no other one has gets to those that stay; rejects where it does not. */
  readonly handOver: (name: string) => Promise<void>;
  /** Removes a host's record, and what hangs on it. */
  readonly forget: (name: string) => Promise<void>;
}

export interface Servers {
  /** By name; also without a majority. */
  list(): Promise<Server[]>;
  /** A learner counts from then on. Throws `not-found`, `taken` with the reason, `unreachable` while it has not caught up. */
  promote(name: string): Promise<Server>;
  /**
   * It keeps the state no longer, and is no host any more. Throws `not-found`, `taken` where the majority would be lost, and
   * `busy` while it alone has an upload that is in use.
   */
  remove(name: string): Promise<void>;
}

/** The servers by the names of their hosts. */
export function createServers(ports: ServersPorts): Servers {
  const { members, self, recorded, leader } = ports;
  const hostOf = ({ id, name, address, isOwn }: SeenMember) => {
    if (isOwn) return self;
    return recorded().find((record) => record.address === address)?.name ?? name ?? id;
  };

  const described = (seen: readonly SeenMember[]): Server[] => {
    const kept = seen.map((member): Server => {
      const [name, role] = [hostOf(member), member.isLearner ? "learner" : "voter"] as const;
      const { address, isHealthy } = member;
      return { name, role, ...(address && { address }), isLeader: name === leader(), isHealthy };
    });
    const rest = recorded().filter(({ name }) => !kept.some((one) => one.name === name));
    const none = rest.map(
      ({ name, address }): Server => ({
        ...{ name, role: "none", isLeader: false, isHealthy: false },
        ...(address !== undefined && { address }),
      }),
    );
    return [...kept, ...none].sort((one, other) => (one.name < other.name ? -1 : 1));
  };

  const find = async (name: string) => {
    const seen = await look(members);
    const server = described(seen).find((one) => one.name === name);
    if (server) return { seen, server, member: seen.find((one) => hostOf(one) === name) };
    throw new ConstellationError("not-found", `find server ${name}: there is none; list them with servers`);
  };

  /** The store's member, where it is one. Throws where the others would be no majority without it. */
  const findRemovable = async (name: string) => {
    const { seen, member } = await find(name);
    const reason = member ? refusalOf({ kind: "remove", id: member.id }, seen) : lostQuorum(seen);
    refuse(`remove server ${name}`, reason);
    return member;
  };

  return {
    list: async () => described(await look(members)),

    async promote(name) {
      const { seen, server, member } = await find(name);
      if (server.role === "voter") return server;
      refuse(`promote server ${name}`, refusalOf({ kind: "promote", id: member?.id ?? "" }, seen));
      await patiently(() => members.promote(member?.id ?? ""));
      return { ...server, role: "voter" };
    },

    async remove(name) {
      await findRemovable(name);
      await ports.handOver(name);
      // That may have taken long: others may have gone meanwhile.
      const member = await findRemovable(name);
      const steps = [];
      if (member) steps.push(() => patiently(() => members.remove(member.id)));
      if (recorded().some((record) => record.name === name)) steps.push(() => ports.forget(name));
      // Who removes itself can write nothing after that.
      if (name === self) steps.reverse();
      for (const step of steps) await step();
    },
  };
}

function refuse(action: string, reason: string | undefined): void {
  if (reason !== undefined) throw new ConstellationError("taken", `${action}: ${reason}`);
}

async function patiently(change: () => Promise<void>): Promise<void> {
  for (const deadline = performance.now() + bounds.patienceMs; ; await delay(bounds.pauseMs)) {
    try {
      return await change();
    } catch (error) {
      const isPassing = error instanceof ConstellationError && error.code === "unreachable";
      if (!isPassing || performance.now() > deadline) throw error;
    }
  }
}

import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import {
  ConstellationError,
  type HostWrite,
  type JoinTokenWish,
  type Member,
  ports as portNumbers,
} from "../../contract/index.ts";
import { type Clusters, freeRange } from "../cluster/index.ts";
import { type Authority, fingerprintOf } from "../identity/index.ts";
import {
  families,
  type HostRecord,
  hostOfKey,
  keys,
  type Placed,
  type PlacementRecord,
  type Put,
  type Removal,
  type Store,
  type Stored,
  type TokenRecord,
} from "../store/index.ts";
import {
  admit,
  digestOfSecret,
  formatToken,
  type JoinAnswer,
  type JoinWish,
  makeToken,
  refusalOfToken,
} from "./join.ts";
import type { HostState } from "./liveness.ts";
import { isBehindNat, refusalOfNetworks } from "./networks.ts";
import { changed, describe, newHost, refuseOther } from "./record.ts";

const bounds = { tokenMs: 10 * 60_000, attempts: 5, tokens: 1_000 } as const;

export interface HostsPorts {
  readonly store: Store;
  readonly clusters: Clusters;
  /** This machine's name. */
  readonly self: string;
  readonly authority: () => Promise<Authority>;
  /** Whether a host answers now. */
  readonly stateOf: (name: string) => HostState;
  /** For how many milliseconds an exclusive instance may go on where it is; undefined for any other. */
  readonly remainingMs: (placed: Placed) => number | undefined;
  /** This machine's own addresses. */
  readonly localAddresses: () => readonly string[];
  /** And its id. */
  readonly machineId: () => string;
  /** How one more server comes to keep the state. */
  readonly serving: ServerPorts;
  readonly now: () => Date;
}

export interface ServerPorts {
  /** Whether others may reach this one's store. */
  isOpen(): boolean;
  /** Lets other servers reach this one's store; may be repeated. */
  open(): Promise<void>;
  /** Throws `taken` where there is no room for one more now. */
  requireRoom(address: string): Promise<void>;
  /** Takes one in, as a learner; what it needs. May be repeated. */
  add(name: string, address: string): Promise<Omit<NonNullable<JoinAnswer["server"]>, "address">>;
}

export interface Hosts {
  /** Where the servers listen, `ADDRESS:PORT`; empty while none has an address. */
  servers(): string[];
  /** Throws `not-found`. */
  get(name: string): Member;
  /** A right to join as this host; throws `invalid` while no server listens, `owned` where the name is somebody else's. */
  makeToken(
    wish: JoinTokenWish,
    by: string,
  ): Promise<{ token: string; expiresAt: string; servers: string[] }>;
  /** Takes a machine in, which others reach at the address it came from, a server where it says. Throws `forbidden` with the reason. */
  join(wish: JoinWish, address: string): Promise<JoinAnswer>;
  /** Changes what is said of it. Throws `not-found`, `invalid` for an address that this machine has not. */
  change(name: string, write: HostWrite): Promise<Member>;
  /** Why a certificate with this serial number is none of this host's (any more). */
  refusalOf(peer: {
    readonly host: string;
    readonly serial: string;
    readonly isServer: boolean;
  }): string | undefined;
  /** The next certificate of a host, for the same key. */
  renew(peer: {
    readonly host: string;
    readonly publicKey: Buffer;
    readonly serial: string;
  }): Promise<string>;
  /**
   * Its record, its placements, what it reported and the token it spent; throws `taken` for a server, and for one that
   * answers unless `isForced`; `busy` while an exclusive instance may still run there, which is given up from then on.
   */
  remove(name: string, isForced: boolean): Promise<void>;
  /** The same for a host that says itself that nothing of it runs any more. */
  leave(name: string): Promise<void>;
  /** The same, whatever it is and whether it answers. Throws `not-found`, and `busy` as above. */
  forget(name: string): Promise<void>;
}

/** Who belongs to the cluster. Everything it writes is a transaction on what it read. */
export function createHosts(ports: HostsPorts): Hosts {
  const { store, clusters, self, now } = ports;
  const recordOf = (name: string) => store.get(families.host, keys.host(name));
  const all = () => store.list(families.host).map(({ record }) => record);
  let known: { readonly at: number; readonly servers: string[] } | undefined;
  /** Every host is told of them with each change: looked for once a revision. */
  const servers = () => {
    const at = store.revision();
    if (known?.at !== at) {
      const listening = all().filter(({ role }) => role === "server");
      const places = listening.flatMap(({ address }) =>
        address ? [`${address}:${portNumbers.servers}`] : [],
      );
      known = { at, servers: places };
    }
    return known.servers;
  };
  const subjectOf = ({ name, role, address }: HostRecord) => ({
    ...{ host: name, role },
    addresses: role === "server" && address ? [address] : [],
  });

  const change = async (name: string, next: (record: HostRecord) => HostRecord): Promise<HostRecord> => {
    for (let attempt = 1; ; attempt++) {
      const { key, record: was, modRevision } = expected(name);
      const record = next(was);
      if (isDeepStrictEqual(was, record)) return was;
      if (await committed([{ key, record, was: modRevision }], attempt)) return record;
    }
  };
  const described = (record: HostRecord) => describe(record, ports.stateOf(record.name));

  return {
    servers,
    get: (name) => described(expected(name).record),

    async makeToken({ name: host, owner, serverAddress, ...settings }, by) {
      clusters.current();
      refuseOther(recordOf(host)?.record, owner);
      if (servers().length === 0 && serverAddress !== undefined) {
        refuseForeign(serverAddress);
        await change(self, (record) => ({ ...record, address: serverAddress }));
      }
      if (servers().length === 0) {
        const how = `give this server an address: constellation-agent token ${host} --address ADDRESS`;
        throw new ConstellationError("invalid", `make a join token: no host could reach a server; ${how}`);
      }
      // Before anybody joins, so that a copy of this machine is known for one.
      await change(self, (record) => ({ ...record, uid: record.uid ?? ports.machineId() }));
      const token = makeToken(fingerprintOf((await ports.authority()).certificate));
      const expiresAt = new Date(now().getTime() + bounds.tokenMs).toISOString();
      if (settings.role === "server") await ports.serving.open();
      const digest = digestOfSecret(token.secret);
      const record: TokenRecord = { host, digest, expiresAt, by, ...(owner && { owner }), ...settings };
      for (let attempt = 1; ; attempt++) {
        const known = store.list(families.token);
        const over = known.filter((stored) => stored.record.expiresAt < now().toISOString());
        if (known.length - over.length >= bounds.tokens)
          throw new ConstellationError("busy", `make a join token: ${bounds.tokens} are open; wait`);
        const removals = over.slice(0, 50).map(({ key, modRevision }) => ({ remove: key, was: modRevision }));
        const put = { key: keys.token(token.id), record, was: undefined };
        if (await committed([put, ...removals], attempt)) break;
      }
      return { token: formatToken(token), expiresAt, servers: servers() };
    },

    async join(wish, from) {
      const { id, name: clusterName, network } = clusters.current();
      const authority = await ports.authority();
      for (let attempt = 1; ; attempt++) {
        const token = store.get(families.token, keys.token(wish.id));
        const refusal = refusalOfToken(wish.secret, token?.record, now());
        if (refusal !== undefined) throw new ConstellationError("forbidden", `join: ${refusal}`);
        const publicKey = await authority.keyOf(wish.csr);
        const key = createHash("sha256").update(publicKey).digest("hex");
        const admission = admit(wish, key, token?.record, all(), now());
        if ("refusal" in admission || token === undefined)
          throw new ConstellationError("forbidden", `join: ${(admission as { refusal: string }).refusal}`);
        const { host: name, role, known } = admission;
        const { networks } = wish;
        const unfit = refusalOfNetworks(network, networks);
        if (unfit !== undefined) throw new ConstellationError("host-unfit", `join ${name}: ${unfit}`);
        const address = role === "server" ? (wish.address ?? from) : from;
        if (role === "server") await ports.serving.requireRoom(address);
        const range = known ? undefined : freeRange(store, network.cidr);
        if (!known && !range)
          throw new ConstellationError(
            "unplaceable",
            `join ${name}: ${network.cidr} has no /22 left; remove a host that is gone`,
          );
        const at = now();
        const found = known ?? newHost(token.record, range?.cidr ?? "", at);
        // A server is where it says it is.
        const isTranslated = role !== "server" && isBehindNat(address, networks);
        const joined: HostRecord = { ...found, uid: wish.uid, address, isBehindNat: isTranslated };
        const { certificate, serial } = await authority.issue(publicKey, subjectOf(joined), at);
        const record = { ...joined, certificate: { serial } };
        const writes = [
          { key: keys.host(name), record, was: recordOf(name)?.modRevision },
          { key: token.key, record: { ...token.record, spentBy: key }, was: token.modRevision },
          ...(range ? [range.write] : []),
        ];
        if (!(await committed(writes, attempt))) continue;
        const answer = { clusterId: id, clusterName, name, certificate, servers: servers() };
        if (role === "host") return answer;
        return { ...answer, server: { ...(await ports.serving.add(name, address)), address } };
      }
    },

    async change(name, write) {
      if (write.address !== undefined) refuseAddress(name, write.address);
      const written = await change(name, (record) => changed(record, write));
      // Its store follows; where that fails, the same request does the rest.
      if (write.address !== undefined && name === self && ports.serving.isOpen()) await ports.serving.open();
      return described(written);
    },

    refusalOf({ host, serial, isServer }) {
      const record = recordOf(host)?.record;
      if (record === undefined) return `${host} was removed from the cluster; join again`;
      // A server issues its own, and could issue any other one.
      if (record.role === "server" && isServer) return undefined;
      const { certificate } = record;
      return serial === certificate?.serial || serial === certificate?.previous
        ? undefined
        : `${host} has a newer certificate than this one; join again`;
    },

    async renew(peer) {
      const authority = await ports.authority();
      for (let attempt = 1; ; attempt++) {
        const stored = expected(peer.host);
        const { certificate, serial } = await authority.issue(
          peer.publicKey,
          subjectOf(stored.record),
          now(),
        );
        const record = { ...stored.record, certificate: { serial, previous: peer.serial } };
        if (await committed([{ key: stored.key, record, was: stored.modRevision }], attempt))
          return certificate;
      }
    },

    async remove(name, isForced) {
      refuseServer(name);
      if (!isForced && ports.stateOf(name) === "ready") {
        const how = "run `constellation-agent down` there, or force it";
        throw new ConstellationError("taken", `remove host ${name}: it answers; ${how}`);
      }
      await forget(name);
    },

    async leave(name) {
      refuseServer(name);
      for (let attempt = 1; ; attempt++) if (await erased(expected(name), attempt)) return;
    },

    forget,
  };

  function refuseServer(name: string): void {
    if (expected(name).record.role !== "server" && name !== self) return;
    const how = "remove it as one, or run `constellation-agent down` there";
    throw new ConstellationError("taken", `remove host ${name}: it is a server; ${how}`);
  }

  async function forget(name: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const stored = expected(name);
      // Given up first: a host that comes back would be confirmed once more as long as they are not.
      const writes = fencingWrites(placementsOn(name), exclusivesOn(name).ids);
      if (writes.length > 0 && !(await committed(writes, attempt))) continue;
      const { ids, remainingMs } = exclusivesOn(name);
      if (remainingMs > 0) {
        const seconds = Math.ceil(remainingMs / 1000);
        const why = `it may still run ${[...ids].slice(0, 3).join(", ")}, which run once at most`;
        throw new ConstellationError("busy", `remove host ${name}: ${why}; try again in ${seconds} s`);
      }
      if (await erased(stored, attempt)) return;
    }
  }

  function refuseAddress(name: string, address: string): void {
    if (name === self) refuseForeign(address);
    else if (recordOf(name)?.record.role === "server")
      throw new ConstellationError("invalid", `set address of ${name}: it is a server; ask its own agent`);
  }

  function refuseForeign(address: string): void {
    const own = ports.localAddresses();
    if (own.includes(address)) return;
    throw new ConstellationError(
      "invalid",
      `set address of ${self}: ${address} is no address of this machine; it has ${own.join(", ")}`,
      { violations: [{ path: "address", reason: "is no address of this machine" }] },
    );
  }

  function placementsOn(name: string) {
    return store.list(families.placement).filter(({ key }) => hostOfKey(key) === name);
  }

  function exclusivesOn(name: string) {
    const found = placementsOn(name)
      .flatMap(({ record }) => record.placements)
      .flatMap((placed) => {
        const remainingMs = ports.remainingMs(placed);
        return remainingMs === undefined ? [] : [{ id: placed.id, remainingMs }];
      });
    return {
      ids: new Set(found.map(({ id }) => id)),
      remainingMs: Math.max(0, ...found.map(({ remainingMs }) => remainingMs)),
    };
  }

  async function erased(stored: Stored<HostRecord>, attempt: number): Promise<boolean> {
    const { name } = stored.record;
    const reported = store.list(families.observed).filter(({ key }) => hostOfKey(key) === name);
    // By the token that it has spent it could come back; an unspent one may be for its successor.
    const isSpent = ({ host, spentBy }: TokenRecord) => host === name && spentBy !== undefined;
    const spent = store.list(families.token).filter(({ record }) => isSpent(record));
    const writes = [stored, ...placementsOn(name), ...reported, ...spent].map(({ key, modRevision }) => ({
      remove: key,
      was: modRevision,
    }));
    return await committed(writes, attempt);
  }

  function expected(name: string) {
    const stored = recordOf(name);
    if (stored) return stored;
    throw new ConstellationError("not-found", `find host ${name}: there is none; list them with hosts`);
  }

  /** Whether it was written; false: something changed in between, and another attempt is due. */
  async function committed(writes: readonly (Put | Removal)[], attempt: number): Promise<boolean> {
    try {
      await store.commit(writes);
      return true;
    } catch (error) {
      const again = error instanceof ConstellationError && error.code === "conflict";
      if (!again || attempt >= bounds.attempts) throw error;
      return false;
    }
  }
}

/** The host's placements with these given up: no server confirms them from then on. */
function fencingWrites(stored: readonly Stored<PlacementRecord>[], ids: ReadonlySet<string>): Put[] {
  const isOpen = (placed: Placed) => ids.has(placed.id) && placed.isFenced !== true;
  const given = { want: "drain", isFenced: true, reason: "its host is removed" } as const;
  return stored
    .filter(({ record }) => record.placements.some(isOpen))
    .map(({ key, record, modRevision }) => ({
      key,
      record: {
        ...record,
        placements: record.placements.map((one) => (isOpen(one) ? { ...one, ...given } : one)),
      },
      was: modRevision,
    }));
}

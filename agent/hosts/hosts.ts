import { createHash } from "node:crypto";
import { ConstellationError, ports as portNumbers } from "../../contract/index.ts";
import { type Clusters, freeRange } from "../cluster/index.ts";
import { type Authority, fingerprintOf } from "../identity/index.ts";
import {
  families,
  type HostRecord,
  hostOfKey,
  keys,
  type Put,
  type Removal,
  type Store,
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

const bounds = { tokenMs: 10 * 60_000, attempts: 5, tokens: 1_000 } as const;

export interface HostsPorts {
  readonly store: Store;
  readonly clusters: Clusters;
  /** This machine's name. */
  readonly self: string;
  readonly authority: () => Promise<Authority>;
  /** Whether a host answers now. */
  readonly isReady: (name: string) => boolean;
  /** This machine's own addresses. */
  readonly localAddresses: () => readonly string[];
  /** And its id. */
  readonly machineId: () => string;
  readonly now: () => Date;
}

export interface Hosts {
  /** Where the servers listen, `ADDRESS:PORT`; empty while none has an address. */
  servers(): string[];
  /** A right to join as this host; throws `invalid` while no server listens. */
  makeToken(host: string, by: string): Promise<{ token: string; expiresAt: string; servers: string[] }>;
  /** Takes a machine in, which others reach at the address it came from. Throws `forbidden` with the reason. */
  join(wish: JoinWish, address: string): Promise<JoinAnswer>;
  /** Where other hosts reach it. Throws `not-found`. */
  setAddress(name: string, address: string): Promise<void>;
  /** Why a certificate with this serial number is none of this host's (any more). */
  refusalOf(peer: { readonly host: string; readonly serial: string }): string | undefined;
  /** The next certificate of a host, for the same key. */
  renew(peer: {
    readonly host: string;
    readonly publicKey: Buffer;
    readonly serial: string;
  }): Promise<string>;
  /** Its record, its placements, what it reported and the token it spent; throws `taken` for a server, and for one that answers unless `isForced`. */
  remove(name: string, isForced: boolean): Promise<void>;
}

/** Who belongs to the cluster. Everything it writes is a transaction on what it read. */
export function createHosts(ports: HostsPorts): Hosts {
  const { store, clusters, self, now } = ports;
  const recordOf = (name: string) => store.get(families.host, keys.host(name));
  const all = () => store.list(families.host).map(({ record }) => record);
  const servers = () =>
    all().flatMap(({ role, address }) =>
      role === "server" && address ? [`${address}:${portNumbers.servers}`] : [],
    );
  const subjectOf = ({ name, role, address }: HostRecord) => ({
    ...{ host: name, role },
    addresses: role === "server" && address ? [address] : [],
  });

  return {
    servers,

    async makeToken(host, by) {
      clusters.current();
      if (servers().length === 0) {
        const how = `give this server an address: constellation-agent token ${host} --address ADDRESS`;
        throw new ConstellationError("invalid", `make a join token: no host could reach a server; ${how}`);
      }
      await noteOwnId();
      const token = makeToken(fingerprintOf((await ports.authority()).certificate));
      const expiresAt = new Date(now().getTime() + bounds.tokenMs).toISOString();
      const record: TokenRecord = { host, digest: digestOfSecret(token.secret), expiresAt, by };
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

    async join(wish, address) {
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
        const { host: name, known } = admission;
        const range = known ? undefined : freeRange(store, network.cidr);
        if (!known && !range)
          throw new ConstellationError(
            "unplaceable",
            `join ${name}: ${network.cidr} has no /22 left; remove a host that is gone`,
          );
        const at = now();
        const found = known ?? newHost(name, wish.uid, range?.cidr ?? "", at);
        const { certificate, serial } = await authority.issue(publicKey, subjectOf(found), at);
        const record: HostRecord = { ...found, uid: wish.uid, address, certificate: { serial } };
        const writes = [
          { key: keys.host(name), record, was: recordOf(name)?.modRevision },
          { key: token.key, record: { ...token.record, spentBy: key }, was: token.modRevision },
          ...(range ? [range.write] : []),
        ];
        if (!(await committed(writes, attempt))) continue;
        return { clusterId: id, clusterName, name, certificate, servers: servers() };
      }
    },

    async setAddress(name, address) {
      if (name === self && !ports.localAddresses().includes(address)) {
        const own = ports.localAddresses().join(", ");
        throw new ConstellationError(
          "invalid",
          `set address of ${name}: ${address} is no address of this machine; it has ${own}`,
          { violations: [{ path: "address", reason: "is no address of this machine" }] },
        );
      }
      for (let attempt = 1; ; attempt++) {
        const stored = expected(name);
        if (stored.record.address === address) return;
        const record = { ...stored.record, address };
        if (await committed([{ key: stored.key, record, was: stored.modRevision }], attempt)) return;
      }
    },

    refusalOf({ host, serial }) {
      const record = recordOf(host)?.record;
      if (record === undefined) return `${host} was removed from the cluster; join again`;
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
      for (let attempt = 1; ; attempt++) {
        const stored = expected(name);
        if (stored.record.role === "server" || name === self)
          throw new ConstellationError("taken", `remove host ${name}: it is a server`);
        if (!isForced && ports.isReady(name)) {
          const how = "run `constellation-agent down` there, or force it";
          throw new ConstellationError("taken", `remove host ${name}: it answers; ${how}`);
        }
        const rest = [...store.list(families.placement), ...store.list(families.observed)].filter(
          ({ key }) => hostOfKey(key) === name,
        );
        // By the token that it has spent it could come back; an unspent one may be for its successor.
        const isSpent = ({ host, spentBy }: TokenRecord) => host === name && spentBy !== undefined;
        const spent = store.list(families.token).filter(({ record }) => isSpent(record));
        const writes = [stored, ...rest, ...spent].map(({ key, modRevision }) => ({
          remove: key,
          was: modRevision,
        }));
        if (await committed(writes, attempt)) return;
      }
    },
  };

  /** Before anybody joins, so that a copy of this machine is known for one. */
  async function noteOwnId(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const stored = expected(self);
      if (stored.record.uid !== undefined) return;
      const record = { ...stored.record, uid: ports.machineId() };
      if (await committed([{ key: stored.key, record, was: stored.modRevision }], attempt)) return;
    }
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

function newHost(name: string, uid: string, cidr: string, now: Date): HostRecord {
  return { name, role: "host", uid, cidr, addedAt: now.toISOString() };
}

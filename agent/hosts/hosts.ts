import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { ConstellationError, ports as portNumbers } from "../../contract/index.ts";
import { freeRange } from "../cluster/index.ts";
import { fingerprintOf } from "../identity/index.ts";
import { families, type HostRecord, keys, oncePerRevision, type TokenRecord } from "../store/index.ts";
import { admit, digestOfSecret, formatToken, makeToken, refusalOfToken } from "./join.ts";
import { isBehindNat, refusalOfNetworks } from "./networks.ts";
import { changed, describe, newHost, refuseOther } from "./record.ts";
import { createRemoval } from "./remove.ts";
import { committed, expectHost } from "./transaction.ts";
import type { Hosts, HostsPorts } from "./types.ts";

const bounds = { tokenMs: 10 * 60_000, tokens: 1_000 } as const;

/** Who belongs to the cluster. Everything it writes is a transaction on what it read. */
export function createHosts(ports: HostsPorts): Hosts {
  const { store, clusters, self, now } = ports;
  const recordOf = (name: string) => store.get(families.host, keys.host(name));
  const all = () => store.list(families.host).map(({ record }) => record);
  /** Every host is told of them with each change. */
  const servers = oncePerRevision(store, () =>
    all().flatMap(({ role, address }) =>
      role === "server" && address ? [`${address}:${portNumbers.servers}`] : [],
    ),
  );
  const subjectOf = ({ name, role, address }: HostRecord) => ({
    ...{ host: name, role },
    addresses: role === "server" && address ? [address] : [],
  });

  const change = async (name: string, next: (record: HostRecord) => HostRecord): Promise<HostRecord> => {
    for (let attempt = 1; ; attempt++) {
      const { key, record: was, modRevision } = expectHost(store, name);
      const record = next(was);
      if (isDeepStrictEqual(was, record)) return was;
      if (await committed(store, [{ key, record, was: modRevision }], attempt)) return record;
    }
  };
  const described = (record: HostRecord) => describe(record, ports.stateOf(record.name));

  return {
    servers,
    get: (name) => described(expectHost(store, name).record),

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
        if (await committed(store, [put, ...removals], attempt)) break;
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
        if (!(await committed(store, writes, attempt))) continue;
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
        const stored = expectHost(store, peer.host);
        const { certificate, serial } = await authority.issue(
          peer.publicKey,
          subjectOf(stored.record),
          now(),
        );
        const record = { ...stored.record, certificate: { serial, previous: peer.serial } };
        if (await committed(store, [{ key: stored.key, record, was: stored.modRevision }], attempt))
          return certificate;
      }
    },

    ...createRemoval(ports),
  };

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
}

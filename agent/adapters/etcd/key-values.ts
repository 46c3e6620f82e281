import type { StoreMembers } from "../../servers/index.ts";
import type { KeyValues } from "../../store/index.ts";
import { wrapEtcdError } from "./errors.ts";
import { openGateway } from "./gateway.ts";
import { createMembers, type PeerCredentials } from "./members.ts";
import { compareOf, entryOf, operationOf, type RangeAnswer, rangeOf, type TxnAnswer } from "./messages.ts";
import { createCleanUp, createForgetting, isOutOfSpace } from "./space.ts";
import { type MemberStatus, readStatus } from "./status.ts";
import { followTerms } from "./terms.ts";
import { watch } from "./watch.ts";

const withoutMajority =
  "it reaches no majority of the servers, and changes nothing until it does; what runs goes on. Where the others are gone for good, see `constellation-agent recover`";

export interface Connection extends KeyValues {
  /** Cheap; throws `unreachable` where the process does not answer. */
  status(): Promise<MemberStatus>;
  readonly members: StoreMembers;
  close(): void;
}

/**
 * Speaks to the member behind a unix socket; what is known to be wrong with it is said in the errors. `credentials`: to ask
 * other members with, where there are such.
 */
export function connectKeyValues(
  socket: string,
  trouble: () => string | undefined = () => undefined,
  credentials: () => PeerCredentials | undefined = () => undefined,
): Connection {
  const gateway = openGateway(socket);
  const cleanUp = createCleanUp(gateway);
  const forget = createForgetting(gateway);
  const terms = followTerms();
  const wrapped = async <Answer>(action: string, call: () => Promise<Answer>) => {
    try {
      return await call();
    } catch (error) {
      throw wrapEtcdError(action, error, trouble() ?? (await lostMajority()));
    }
  };
  const lostMajority = async () => {
    const found = await readStatus(gateway).catch(() => undefined);
    return found?.hasQuorum === false ? withoutMajority : undefined;
  };
  /** A write that its quota keeps it from is tried once more without the past. */
  const write = async (body: object) => {
    const attempt = () => gateway.call<TxnAnswer>("/v3/kv/txn", body, undefined, terms.signal());
    return await attempt().catch(async (error: unknown) => {
      if (!isOutOfSpace(error)) throw error;
      await cleanUp();
      return await attempt();
    });
  };
  const status = async () => {
    const found = await wrapped("ask the store for its status", () => readStatus(gateway));
    terms.note(found);
    return found;
  };
  const members = createMembers(gateway, credentials);
  return {
    status,
    members: {
      status,
      list: () => wrapped("list the servers", members.list),
      self: () => wrapped("list the servers", members.self),
      add: (name, address) => wrapped(`add server ${name}`, () => members.add(name, address)),
      promote: (id) => wrapped("promote a server", () => members.promote(id)),
      remove: (id) => wrapped("remove a server", () => members.remove(id)),
      move: (id, address) => wrapped("move a server", () => members.move(id, address)),
      answers: members.answers,
    },

    async range(prefix, { limit, after, revision }) {
      const body = { ...rangeOf(prefix, after), limit, ...(revision !== undefined && { revision }) };
      const { header, kvs, more } = await wrapped(`read ${prefix || "everything"} from the store`, () =>
        gateway.call<RangeAnswer>("/v3/kv/range", body),
      );
      return {
        revision: Number(header.revision),
        entries: (kvs ?? []).map(entryOf),
        more: more ?? false,
      };
    },

    async commit({ compares, writes }) {
      const body = { compare: compares.map(compareOf), success: writes.map(operationOf) };
      const { header, succeeded } = await wrapped("write to the store", () => write(body));
      const revision = Number(header.revision);
      forget(revision);
      return { succeeded: succeeded ?? false, revision };
    },

    watch: (fromRevision, signal, want) => watch(gateway, fromRevision, signal, want),
    close: () => gateway.close(),
  };
}

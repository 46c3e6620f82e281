import type { IRequestOp } from "etcd3";
import type { Compare, KeyValues, Write } from "../../store/index.ts";
import { Client } from "./client.ts";
import { entryOf } from "./entry.ts";
import { wrapEtcdError } from "./errors.ts";
import { watch } from "./watch.ts";

export interface Connection extends KeyValues {
  close(): void;
}

/** Speaks to the member behind a unix socket. */
export function connectKeyValues(socket: string): Connection {
  const client = new Client(socket);
  return {
    async range(prefix, { limit, after, revision }) {
      // The first key behind `after` is `after` and one more byte: pages need no extra entry.
      const from =
        after === undefined ? Buffer.from(prefix === "" ? "\0" : prefix) : Buffer.from(`${after}\0`);
      const answer = await wrapped(`read ${prefix || "everything"} from the store`, () =>
        client.kv.range({
          key: from,
          range_end: prefixEnd(prefix),
          limit,
          ...(revision === undefined ? {} : { revision }),
        }),
      );
      return {
        revision: Number(answer.header.revision),
        entries: answer.kvs.map(entryOf),
        more: answer.more,
      };
    },

    async commit({ compares, writes }) {
      const answer = await wrapped("write to the store", () =>
        client.kv.txn({ compare: compares.map(compareOf), success: writes.map(operationOf), failure: [] }),
      );
      return { succeeded: answer.succeeded, revision: Number(answer.header.revision) };
    },

    watch: (fromRevision, signal) => watch(client, fromRevision, signal),
    close: () => client.close(),
  };
}

function compareOf({ key, modRevision }: Compare) {
  return { key: Buffer.from(key), result: "Equal", target: "Mod", mod_revision: modRevision } as const;
}

function operationOf(write: Write): IRequestOp {
  return "put" in write
    ? { request_put: { key: Buffer.from(write.put), value: Buffer.from(write.value) } }
    : { request_delete_range: { key: Buffer.from(write.remove) } };
}

/** The end of the range that holds exactly the keys with this prefix; `\0` means: to the last key. */
function prefixEnd(prefix: string): Buffer {
  const end = Buffer.from(prefix);
  if (end.length === 0) return Buffer.from("\0");
  end[end.length - 1] = (end[end.length - 1] ?? 0) + 1;
  return end;
}

async function wrapped<T>(action: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw wrapEtcdError(action, error);
  }
}

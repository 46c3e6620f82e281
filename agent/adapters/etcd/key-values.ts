import type { KeyValues } from "../../store/index.ts";
import { wrapEtcdError } from "./errors.ts";
import { openGateway } from "./gateway.ts";
import { compareOf, entryOf, operationOf, type RangeAnswer, rangeOf, type TxnAnswer } from "./messages.ts";
import { watch } from "./watch.ts";

export interface Connection extends KeyValues {
  close(): void;
}

/** Speaks to the member behind a unix socket. */
export function connectKeyValues(socket: string): Connection {
  const gateway = openGateway(socket);
  const call = async <Answer>(action: string, path: string, body: object) => {
    try {
      return await gateway.call<Answer>(path, body);
    } catch (error) {
      throw wrapEtcdError(action, error);
    }
  };
  return {
    async range(prefix, { limit, after, revision }) {
      const { header, kvs, more } = await call<RangeAnswer>(
        `read ${prefix || "everything"} from the store`,
        "/v3/kv/range",
        { ...rangeOf(prefix, after), limit, ...(revision !== undefined && { revision }) },
      );
      return {
        revision: Number(header.revision),
        entries: (kvs ?? []).map(entryOf),
        more: more ?? false,
      };
    },

    async commit({ compares, writes }) {
      const { header, succeeded } = await call<TxnAnswer>("write to the store", "/v3/kv/txn", {
        compare: compares.map(compareOf),
        success: writes.map(operationOf),
      });
      return { succeeded: succeeded ?? false, revision: Number(header.revision) };
    },

    watch: (fromRevision, signal) => watch(gateway, fromRevision, signal),
    close: () => gateway.close(),
  };
}

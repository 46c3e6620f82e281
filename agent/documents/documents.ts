import { ConstellationError, type Document } from "../../contract/index.ts";
import type { Clusters } from "../cluster/index.ts";
import { createSerial } from "../lib/serial.ts";
import { type Desired, families, keys, requireReadable, type Stored } from "../store/index.ts";
import { answerOf } from "./answer.ts";
import { kindOf } from "./kinds.ts";
import type { WriteRequest } from "./types.ts";
import { prepareWrite, type WritePorts, writeDocument } from "./write.ts";

/** How often a write is decided again after another one came in between. */
const attempts = 5;

export interface DocumentAddress {
  readonly namespace: string;
  readonly plural: string;
  readonly name: string;
}

export interface Page {
  readonly namespace?: string | undefined;
  readonly limit: number;
  /** The `next` of the page before. */
  readonly after?: string | undefined;
}

export interface Documents {
  get(address: DocumentAddress): Document;
  list(plural: string, page: Page): { items: Document[]; next?: string };
  put(request: WriteRequest): Promise<Document>;
  /** Gone already is fine. `by` names who asks. */
  remove(
    address: DocumentAddress,
    options: { readonly ifMatch: string | undefined; readonly by: string },
  ): Promise<void>;
}

export interface DocumentsPorts extends WritePorts {
  readonly clusters: Clusters;
}

export function createDocuments(ports: DocumentsPorts): Documents {
  const { store, clusters, features } = ports;
  // One at a time: addresses and port numbers are taken by what was read before.
  const serial = createSerial();
  const answer = (desired: Desired, etag: number) =>
    answerOf(desired, etag, features[desired.kind]?.status?.(desired));

  const find = ({ namespace, plural, name }: DocumentAddress): Stored<Desired> | undefined => {
    clusters.current();
    const key = keys.desired(namespace, kindOf(plural).kind, name);
    requireReadable(store, key, `read ${plural} ${namespace}/${name}`);
    return store.get(families.desired, key);
  };

  return {
    get(address) {
      const found = find(address);
      if (found) return answer(found.record, found.modRevision);
      const { namespace, plural, name } = address;
      throw new ConstellationError("not-found", `read ${plural} ${namespace}/${name}: there is none`);
    },

    list(plural, { namespace, limit, after = "" }) {
      clusters.current();
      const { kind } = kindOf(plural);
      const all = store
        .list(families.desired, namespace === undefined ? "" : `${families.desired.prefix}${namespace}/`)
        .filter(({ key, record }) => record.kind === kind && key > after);
      const items = all.slice(0, limit);
      const next = items.length < all.length ? items.at(-1)?.key : undefined;
      return {
        items: items.map(({ record, modRevision }) => answer(record, modRevision)),
        ...(next !== undefined && { next }),
      };
    },

    async put(request) {
      clusters.current();
      const { desired, etag, told } = await again(async () => {
        const prepared = await prepareWrite(request, ports);
        return serial(() => writeDocument(prepared, ports));
      }, request.ifMatch === undefined);
      return { ...answer(desired, etag), ...told };
    },

    remove: (address, { ifMatch, by }) =>
      serial(async () => {
        await again(async () => {
          const found = find(address);
          if (!found) return;
          features[found.record.kind]?.requireUnused?.(found.record);
          await store.commit(removalsOf(found, address, ifMatch, by));
        }, ifMatch === undefined);
      }),
  };

  function removalsOf(
    { key, modRevision, record: { namespace, kind, name, revision } }: Stored<Desired>,
    { plural }: DocumentAddress,
    ifMatch: string | undefined,
    by: string,
  ) {
    if (ifMatch !== undefined && ifMatch !== String(modRevision)) {
      throw new ConstellationError(
        "conflict",
        `delete ${plural} ${namespace}/${name}: it was changed meanwhile; refresh, then try again`,
      );
    }
    const tombstone = keys.tombstone(namespace, kind, name);
    const record = { by, at: ports.now().toISOString(), revision };
    const was = store.get(families.tombstone, tombstone)?.modRevision;
    return [
      { remove: key, was: modRevision },
      { key: tombstone, record, was },
    ];
  }
}

/** With an etag too: it may be something else that changed, which is written along. */
async function again<T>(attempt: () => Promise<T>, many: boolean): Promise<T> {
  for (let left = many ? attempts : 2; ; left--) {
    try {
      return await attempt();
    } catch (error) {
      if (left <= 1 || !(error instanceof ConstellationError && error.code === "conflict")) throw error;
    }
  }
}

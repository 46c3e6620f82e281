import { families, type HostRecord, type Store } from "../store/index.ts";

/** The other servers, by what their records say. Asked for at every heartbeat, so looked for once a revision. */
export function createOtherServers(
  store: Pick<Store, "list" | "revision">,
  self: string,
): () => readonly HostRecord[] {
  let known: { readonly at: number; readonly servers: readonly HostRecord[] } | undefined;
  return () => {
    const at = store.revision();
    if (known?.at !== at) {
      const records = store.list(families.host).map(({ record }) => record);
      known = { at, servers: records.filter(({ name, role }) => role === "server" && name !== self) };
    }
    return known.servers;
  };
}

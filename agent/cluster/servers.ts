import { families, type HostRecord, oncePerRevision, type Store } from "../store/index.ts";

/** The servers but for this one, by what their records say. Asked for at every heartbeat. */
export function otherServersIn(
  store: Pick<Store, "list" | "revision">,
  self: string,
): () => readonly HostRecord[] {
  const isOther = ({ name, role }: HostRecord) => role === "server" && name !== self;
  return oncePerRevision(store, () =>
    store
      .list(families.host)
      .map(({ record }) => record)
      .filter(isOther),
  );
}

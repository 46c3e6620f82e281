import type { RouteName } from "../../contract/index.ts";

/** How long an answer waits for the other servers, in milliseconds: a write as long as the store tries to commit one. */
const patienceMs = { read: 2_000, write: 10_000 } as const;

/** Resolves once this server knows what the others have acknowledged; rejects with `unreachable`. */
export type Confirm = (patienceMs: number) => Promise<void>;

/** What routes answer from, or write to, that other servers change as well. */
const kinds: Readonly<Partial<Record<RouteName, keyof typeof patienceMs>>> = {
  getCluster: "read",
  putCluster: "write",
  listDocuments: "read",
  getDocument: "read",
  putDocument: "write",
  deleteDocument: "write",
  explainService: "read",
  listInstances: "read",
  getInstance: "read",
  listHosts: "read",
  getHost: "read",
  putHost: "write",
  deleteHost: "write",
  createJoinToken: "write",
};

/** RFC 7234 5.5.1; for people who look at headers, and for clients that must know. */
const stale = { warning: '110 - "this server does not reach most of the others"' } as const;

/**
 * Before a route is answered: a write fails where the others cannot be asked, a read is answered with what is known here.
 * @returns headers of the answer
 */
export async function becomeCurrent(name: RouteName, confirm: Confirm): Promise<Record<string, string>> {
  const kind = kinds[name];
  if (kind === undefined) return {};
  try {
    await confirm(patienceMs[kind]);
    return {};
  } catch (error) {
    if (kind === "write") throw error;
    return stale;
  }
}

import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod";
import { agentPaths, type Client, ConstellationError, connect } from "../../contract/index.ts";
import { type Credentials, readCredentials } from "../identity/index.ts";
import { ask, dial } from "../link/index.ts";
import { type Membership, membershipRecord } from "../membership.ts";
import { peeringRecord } from "../servers/index.ts";
import { sessionPaths } from "../session/index.ts";

/** In milliseconds. */
const bounds = {
  /** A server that does not answer keeps nobody from leaving. */
  leaveMs: 5_000,
  /** What runs once at most is given up first, which takes as long as its lease at the worst. */
  givingUpMs: 30_000,
  pauseMs: 1_000,
} as const;

/** They cannot do without it: the majority would be lost, or what it alone has is not with them yet. */
const keeping: readonly string[] = ["taken", "busy"];

/**
 * A server hands on to the others before it goes; nothing happens where it is the only one. Why the others could not be
 * told; throws where they cannot do without it, unless it is forced.
 */
export async function leaveServers(root: string | undefined, isForced: boolean): Promise<string | undefined> {
  const { stateDir, socket } = agentPaths(root);
  const own = existsSync(stateDir) ? peeringRecord.read(stateDir) : undefined;
  if (own === undefined) return undefined;
  const client = connect({ socket });
  try {
    const servers = await client.listServers();
    if (servers.some(({ name }) => name === own.name) && servers.length > 1)
      await removeServer(client, own.name);
    return undefined;
  } catch (error) {
    if (!isForced && error instanceof ConstellationError && keeping.includes(error.code))
      throw new ConstellationError(error.code, `${error.message}; --force takes it down all the same`, {
        cause: error,
      });
    const trouble = error instanceof Error ? error.message : String(error);
    return `the others still count ${own.name} among the servers (${trouble}); remove it there`;
  }
}

/** Waits until what runs once at most there is given up, and for a while until what it alone has is elsewhere. */
export async function removeServer(client: Client, name: string): Promise<void> {
  for (const deadline = performance.now() + bounds.givingUpMs; ; await delay(bounds.pauseMs)) {
    try {
      return await client.deleteServer(name);
    } catch (error) {
      const isBusy = error instanceof ConstellationError && error.code === "busy";
      if (!isBusy || performance.now() > deadline) throw error;
    }
  }
}

/**
 * Reads what is needed to leave, which is gone once the agent is. The function it gives tells the servers that this host goes
 * for good; it resolves with why they could not be told, with undefined where they were, or need not.
 */
export function prepareLeaving(root: string | undefined): () => Promise<string | undefined> {
  const { stateDir } = agentPaths(root);
  const nothing = async () => undefined;
  if (process.getuid?.() !== 0 || !existsSync(stateDir)) return nothing;
  const [membership, credentials] = [membershipRecord.read(stateDir), readCredentials(stateDir)];
  return membership && credentials ? async () => await tell(membership, credentials) : nothing;
}

async function tell(membership: Membership, credentials: Credentials): Promise<string | undefined> {
  let trouble = "it knows no server";
  for (const server of membership.servers) {
    try {
      const { session, close } = await dial(server, { credentials }, AbortSignal.timeout(bounds.leaveMs));
      try {
        await ask(session, sessionPaths.leave, {}, z.object({}));
        return undefined;
      } finally {
        close();
      }
    } catch (error) {
      trouble = error instanceof Error ? error.message : String(error);
    }
  }
  return `the cluster still counts ${membership.name} among its hosts (${trouble}); remove it there`;
}

import { existsSync } from "node:fs";
import * as z from "zod";
import { agentPaths } from "../contract/index.ts";
import { type Credentials, readCredentials } from "./identity/index.ts";
import { ask, dial } from "./link/index.ts";
import { type Membership, readMembership } from "./membership.ts";
import { sessionPaths } from "./session/index.ts";

/**
 * Reads what is needed to leave, which is gone once the agent is. The function it gives tells the servers that this host goes
 * for good; it resolves with why they could not be told, with undefined where they were, or need not.
 */
export function prepareLeaving(root: string | undefined): () => Promise<string | undefined> {
  const { stateDir } = agentPaths(root);
  const nothing = async () => undefined;
  if (process.getuid?.() !== 0 || !existsSync(stateDir)) return nothing;
  const [membership, credentials] = [readMembership(stateDir), readCredentials(stateDir)];
  return membership && credentials ? async () => await tell(membership, credentials) : nothing;
}

async function tell(membership: Membership, credentials: Credentials): Promise<string | undefined> {
  let trouble = "it knows no server";
  for (const server of membership.servers) {
    try {
      const { session, close } = await dial(server, { credentials }, AbortSignal.timeout(leaveMs));
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

/** A server that does not answer keeps nobody from leaving. */
const leaveMs = 5_000;

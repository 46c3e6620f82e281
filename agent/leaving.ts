import { existsSync } from "node:fs";
import * as z from "zod";
import { agentPaths } from "../contract/index.ts";
import { readCredentials } from "./identity/index.ts";
import { ask, dial } from "./link/index.ts";
import { readMembership } from "./membership.ts";
import { sessionPaths } from "./session/index.ts";

/** Tells the servers that this host goes for good; why they could not be told, undefined where they were, or need not. */
export async function leaveCluster(root: string | undefined): Promise<string | undefined> {
  const { stateDir } = agentPaths(root);
  if (process.getuid?.() !== 0 || !existsSync(stateDir)) return undefined;
  const [membership, credentials] = [readMembership(stateDir), readCredentials(stateDir)];
  if (!membership || !credentials) return undefined;
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

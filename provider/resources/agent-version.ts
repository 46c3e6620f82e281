import { type Client, isNewer } from "../../contract/index.ts";
import { knownText, type Properties } from "../engine/index.ts";

/**
 * The input of that name: this provider's own, unless what is recorded is newer. Somebody with a newer provider may have
 * upgraded the agent, and it is never taken back.
 */
export function agentVersionOf(old: Properties, version: string): string {
  const running = knownText(old.agentVersion);
  return running !== undefined && isNewer(running, version) ? running : version;
}

/** The oldest of the servers' agents: where an upgrade was cut short, the next up goes on with it. */
export async function serversVersion(client: Client): Promise<string> {
  const [{ version }, hosts] = await Promise.all([client.info(), client.listHosts()]);
  return hosts
    .filter(({ role }) => role === "server")
    .reduce((oldest, { agentVersion }) => (isNewer(oldest, agentVersion) ? agentVersion : oldest), version);
}

import { createHash } from "node:crypto";
import { join } from "node:path";
import { type AgentPaths, tunnelDevice } from "../../contract/index.ts";

/** Where an agent's network has its things: all follows from the agent's paths and an instance's id. */
export function placesOf({
  devicePrefix,
  runDir,
  stateDir,
}: Pick<AgentPaths, "devicePrefix" | "runDir" | "stateDir">) {
  const netnsDir = join(runDir, "netns");
  return {
    stateDir,
    devicePrefix,
    anchor: `${devicePrefix}0`,
    tunnel: tunnelDevice({ devicePrefix }),
    netnsDir,
    netnsFile: (id: string) => join(netnsDir, id),
    hostDevice: (id: string) => `${devicePrefix}${tagOf(id)}`,
    /** The ways of UDP that the rules in the kernel opened; in memory, as the rules are. */
    udpWays: join(runDir, "network", "udp-ways.json"),
  };
}

export type Places = ReturnType<typeof placesOf>;

/** Seven characters, what the kernel leaves for a name. Two ids of 1,000 share one with a chance of 1 in 150,000. */
function tagOf(id: string): string {
  const digest = createHash("sha256").update(id).digest();
  return (digest.readBigUInt64BE() % 36n ** 7n).toString(36).padStart(7, "0");
}

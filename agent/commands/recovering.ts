import { agentPaths, ConstellationError, connect } from "../../contract/index.ts";
import { peeringRecord, refusalToRecover } from "../servers/index.ts";
import type { Arguments } from "./arguments.ts";
import { removeServer } from "./leaving.ts";
import { bringUp } from "./local.ts";
import { createStoreRecovery } from "./machine.ts";

/**
 * Makes this server the only one, with the state that it has, where a majority of the servers is gone for good. The others
 * join anew. May be repeated where it was cut short. Throws `invalid` where nothing is to be recovered, `taken` where other
 * servers answer.
 */
export async function recover({ root, force, json }: Arguments): Promise<unknown> {
  const { stateDir, socket } = agentPaths(root);
  const own = peeringRecord.read(stateDir);
  if (own === undefined)
    throw new ConstellationError("invalid", "recover: this machine is none of several servers");
  const store = createStoreRecovery(root);
  const { seen, standing } = await store.look();
  const refusal = seen.length === 1 ? undefined : refusalToRecover(seen, standing, force);
  if (refusal !== undefined) throw new ConstellationError("taken", `recover: ${refusal}`);
  // Also where it is the only one by now: what comes after that may not have come to pass.
  await store.becomeOnly();
  await bringUp({ root, json });
  const client = connect({ socket });
  const gone = (await client.listServers()).filter(({ role }) => role === "none").map(({ name }) => name);
  for (const name of gone) await removeServer(client, name);
  return { name: own.name, cluster: own.clusterName, removed: gone };
}

import { type Client, durationMs } from "../../contract/index.ts";
import { type Call, waitUntilGone } from "../engine/index.ts";

/**
 * Before a cluster goes: what still runs on it ends as it would by a delete of its own, with its signal and its time.
 * One that does not end is told and goes with the cluster. Throws `cancelled` alone.
 */
export async function stopServices(client: Client, call: Call): Promise<void> {
  try {
    const services = await client.listDocuments("services");
    const stopping = services.map(({ namespace, name, inputs }) => ({
      address: { namespace, plural: "services", name },
      graceMs: durationMs(String(inputs.stopGracePeriod ?? "0")) ?? 0,
    }));
    await Promise.all(stopping.map(({ address }) => client.deleteDocument(address)));
    // One after the other, while all of them end.
    for (const { address, graceMs } of stopping) await waitUntilGone(client, address, graceMs, call);
  } catch (error) {
    if (call.signal.aborted) throw error;
    call.warn(`not everything ended by itself, the rest goes with the cluster: ${(error as Error).message}`);
  }
}

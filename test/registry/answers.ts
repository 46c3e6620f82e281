import { setTimeout as delay } from "node:timers/promises";
import type { Machine } from "../lab/index.ts";

/** Generous: two cores are shared with another test. */
const startMs = 30_000;

/** Until something listens at a port of the machine's loopback. */
export async function settled(machine: Machine, port: number, address = "127.0.0.1"): Promise<void> {
  const deadline = performance.now() + startMs;
  const probe = `exec 3<>/dev/tcp/${address}/${port}`;
  while ((await machine.run(["bash", "-c", probe])).code !== 0) {
    if (performance.now() > deadline) throw new Error(`start registry: nobody listens at port ${port}`);
    await delay(50);
  }
}

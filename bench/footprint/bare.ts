import type { Machine } from "../../test/lab/index.ts";
import { type Party, workload } from "./types.ts";

/** The workload alone: the same processes, each on a port of its own, since all share the machine's network. */
export async function createBare(machine: Machine): Promise<Party> {
  return {
    machine,
    async add(number) {
      await machine.spawn(["busybox", ...workload.command(workload.port + number)]);
    },
  };
}

import { ConstellationError } from "../../contract/index.ts";
import type { Call } from "../engine/index.ts";
import { isBarred, type ServerMachine } from "./server-machine.ts";

/**
 * Removes all agents at once, having touched nothing before it is known that each machine can be reached, or need not be.
 * @param before what is to be done then, before the first one goes
 */
export async function takeDown(
  servers: readonly ServerMachine[],
  isForced: boolean,
  call: Call,
  before: () => Promise<void>,
): Promise<void> {
  const reached = await Promise.all(
    servers.map(async (server) => {
      try {
        await server.machine.login(call.signal);
        return server;
      } catch (error) {
        refuseUnlessForced(error, isForced, call);
        return undefined;
      }
    }),
  );
  await before();
  // All of them go: none has to stay for a majority of those that are left.
  const words = servers.length > 1 ? ["--force"] : [];
  const ends = await Promise.allSettled(reached.map(async (server) => await server?.clear(call, ...words)));
  const failed = ends.find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
}

/** Throws, unless it is a machine that cannot be got at, and `forceDestroy` lets go of it. */
export function refuseUnlessForced(error: unknown, isForced: boolean, call: Call): void {
  if (!isBarred(error)) throw error;
  if (!isForced) {
    const advice =
      "where the machine is gone for good, set forceDestroy, run pulumi up, then destroy it again";
    throw new ConstellationError(error.code, `${error.message}; ${advice}`, { cause: error });
  }
  call.warn(`${error.message}: what is on it stays`);
}

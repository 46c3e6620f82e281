import { Duplex } from "node:stream";
import { agentPaths } from "../../contract/index.ts";
import { serveDial } from "../dial/index.ts";

/** Serves whoever holds this process's standard input and output, until they let go. */
export async function dial(root: string | undefined): Promise<undefined> {
  const { stdin: readable, stdout: writable } = process;
  await serveDial(Duplex.from({ readable, writable }), agentPaths(root).socket);
}

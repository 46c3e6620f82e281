import { engineEnvironment } from "../../test/e2e/stack.ts";
import type { Host } from "../../test/lab/index.ts";
import type { End } from "./types.ts";

/** A host itself or, by `within`, what is in the network of a process there. */
export async function endOn(host: Host, address: string, within: readonly string[] = []): Promise<End> {
  const env = await engineEnvironment(host.root);
  return {
    address,
    spawn: async (argv) => await host.spawn([...within, ...argv], { env, stdio: "ignore" }),
    output: async (argv) => await host.output([...within, ...argv], { env }),
  };
}

/** By the path of the process as the host sees it. */
export const networkOf = (pid: number) => ["nsenter", `--net=/proc/${pid}/ns/net`, "--"];

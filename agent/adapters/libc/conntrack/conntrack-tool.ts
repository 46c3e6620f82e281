import { expectSuccess } from "../spawn/run.ts";
import type { Run } from "../spawn/types.ts";
import type { Conntrack, UdpFlows } from "./types.ts";

/** The twin of `createConntrack` by conntrack(8): of all flows those that are meant are deleted, a program each. */
export function createConntrackTool(run: Run): Conntrack {
  async function list(): Promise<ReadonlySet<string>> {
    const result = await run(["conntrack", "-L", "-p", "udp"]);
    expectSuccess("list UDP flows", result);
    // The tuple of the way there comes first.
    const ways = result.stdout.matchAll(/^udp .*? dst=(\S+) .*? src=(\S+) /gm);
    return new Set([...ways].map(([, destination, source]) => `${destination} ${source}`));
  }

  async function remove({ originalDestination, replySource }: UdpFlows): Promise<number> {
    const filter = ["-p", "udp", "--orig-dst", originalDestination, "--reply-src", replySource];
    const result = await run(["conntrack", "-D", ...filter]);
    const deleted = /(\d+) flow entries have been deleted/.exec(result.stderr)?.[1];
    if (deleted !== undefined) return Number(deleted); // None found is exit code 1 for it.
    expectSuccess(`delete UDP flows to ${originalDestination}`, result);
    return 0;
  }

  return {
    async deleteUdpFlows(flows) {
      const there = await list();
      let count = 0;
      for (const one of flows)
        if (there.has(`${one.originalDestination} ${one.replySource}`)) count += await remove(one);
      return count;
    },
    close() {},
  };
}

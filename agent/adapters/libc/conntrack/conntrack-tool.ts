import { expectSuccess } from "../spawn/run.ts";
import type { Run } from "../spawn/types.ts";
import type { Conntrack } from "./types.ts";

/** The twin of `createConntrack` by conntrack(8). */
export function createConntrackTool(run: Run): Conntrack {
  return {
    async deleteUdpFlows({ originalDestination, replySource }) {
      const filter = ["-p", "udp", "--orig-dst", originalDestination, "--reply-src", replySource];
      const result = await run(["conntrack", "-D", ...filter]);
      const deleted = /(\d+) flow entries have been deleted/.exec(result.stderr)?.[1];
      if (deleted !== undefined) return Number(deleted); // None found is exit code 1 for it.
      expectSuccess(`delete UDP flows to ${originalDestination}`, result);
      return 0;
    },
    close() {},
  };
}

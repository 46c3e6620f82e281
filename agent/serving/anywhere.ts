import type { Instance, Stats } from "../../contract/index.ts";
import type { ApiPorts } from "../api/index.ts";
import type { Reach } from "../reach/index.ts";

export interface AnywhereOptions {
  readonly self: string;
  readonly here: Pick<ApiPorts, "access" | "stats">;
  readonly reach: Reach;
  readonly instance: (id: string) => Instance;
  /** Names of the hosts that answer. */
  readonly ready: () => readonly string[];
}

/** What the API asks of instances, wherever they run. */
export function reachAnywhere({
  self,
  here,
  reach,
  instance,
  ready,
}: AnywhereOptions): AnywhereOptions["here"] {
  const accessOf = (id: string) => {
    const { host } = instance(id);
    return host === self ? here.access : reach.host(host);
  };
  return {
    access: {
      logs: (id, query, signal) => accessOf(id).logs(id, query, signal),
      exec: async (id, options) => await accessOf(id).exec(id, options),
    },
    async stats(instances) {
      const others = ready().filter((host) => host !== self);
      // Who does not answer in time is missing from the sample, as what has ended is.
      const answers = await Promise.allSettled(others.map((host) => reach.host(host).stats()));
      const samples = [
        await here.stats(instances),
        ...answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : [])),
      ];
      const [first] = samples;
      return {
        at: first?.at ?? new Date().toISOString(),
        hosts: samples.flatMap((sample: Stats) => sample.hosts),
        items: samples.flatMap((sample: Stats) => sample.items),
      };
    },
  };
}

import { availableParallelism, cpus, freemem, totalmem } from "node:os";
import { setImmediate as turn } from "node:timers/promises";
import type { Instance, Stats } from "../../contract/index.ts";
import type { StatsPorts } from "./types.ts";

const bounds = {
  /** Instances read before other work of the agent gets its turn: about 2 ms. */
  readAtOnce: 16,
  /** A sample this young answers everybody: however many ask, reading costs no more than four times a second. */
  youngMs: 250,
} as const;

/** Takes samples of one host's instances, when asked and no more often than is of use. */
export function createStats(
  host: string,
  ports: StatsPorts,
): (instances: readonly Instance[]) => Promise<Stats> {
  let latest: { readonly at: number; readonly sample: Promise<Stats> } | undefined;
  return (instances) => {
    const now = performance.now();
    if (latest === undefined || now - latest.at > bounds.youngMs) {
      latest = { at: now, sample: takeSample(host, instances, ports) };
    }
    return latest.sample;
  };
}

async function takeSample(host: string, instances: readonly Instance[], ports: StatsPorts): Promise<Stats> {
  const devices = ports.devices();
  const items: Stats["items"] = [];
  for (const [at, instance] of instances.entries()) {
    if (at % bounds.readAtOnce === bounds.readAtOnce - 1) await turn();
    const counters = instance.host === host ? ports.counters(instance.id) : undefined;
    if (counters === undefined) continue;
    const device = devices.get(ports.deviceOf(instance.id));
    const { id, namespace, service, name, restarts } = instance;
    items.push({
      ...{ id, namespace, service, name, host, restarts },
      ...counters,
      // What the host's end received, the instance sent.
      receivedBytes: device?.sentBytes ?? 0,
      sentBytes: device?.receivedBytes ?? 0,
    });
  }
  return { at: new Date().toISOString(), hosts: [hostSample(host)], items };
}

function hostSample(name: string): Stats["hosts"][number] {
  const times = cpus().map((cpu) => cpu.times);
  const busyMs = times.reduce((sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq, 0);
  return {
    name,
    clockSeconds: performance.now() / 1_000,
    cores: availableParallelism(),
    cpuSeconds: busyMs / 1_000,
    memoryBytes: totalmem() - freemem(),
    memoryTotalBytes: totalmem(),
  };
}

import {
  type BatchWant,
  chooseBatch,
  createFleet,
  type Machine,
  requestOf,
} from "../../agent/scheduler/index.ts";
import { hostsNeeded, type Item } from "./exact.ts";
import { seeded } from "./random.ts";
import type { Packing } from "./types.ts";

const mi = 2 ** 20;
/** What a host of the batches has for instances: thousandths of cores, and mebibytes. */
const room: Item = { cores: 8_000, memory: 16_384 };

interface Packed {
  /** Hosts in use. */
  readonly ours: number;
  readonly bestFitDecreasing: number;
  readonly optimum: number;
}

/** A batch of 16 to 24 instances, from a few hundred millicores to half a host. */
function batchOf(seed: number): Item[] {
  const random = seeded(seed * 7_919 + 1);
  const amount = (most: number) => Math.max(1, Math.round(most * (0.05 + 0.5 * random())));
  return Array.from({ length: 16 + Math.floor(random() * 9) }, () => ({
    cores: amount(room.cores),
    memory: amount(room.memory),
  }));
}

function packBatch(items: readonly Item[]): Packed {
  const bestFitDecreasing = packSimply(items);
  return { ours: packOurs(items), bestFitDecreasing, optimum: hostsNeeded(items, room, bestFitDecreasing) };
}

function packOurs(items: readonly Item[]): number {
  const machines = items.map((_, index) => machine(`host-${String(index).padStart(2, "0")}`));
  const wants = items.map(({ cores, memory }, index): BatchWant => {
    const resources = { cpu: cores / 1_000, memory: `${memory}Mi` };
    const place = { namespace: "bench", name: `web-${index}` };
    const request = requestOf(place, { resources }, { strategy: "binpack" });
    return { key: place.name, request, group: place.name };
  });
  const choices = [...chooseBatch(createFleet(machines), wants).values()];
  return new Set(choices.map((choice) => ("host" in choice ? choice.host : ""))).size;
}

function machine(name: string): Machine {
  return {
    ...{ name, state: "ready", availability: "active", facts: {}, taints: [] },
    capacity: { cpu: room.cores / 1_000, memory: room.memory * mi },
    ...{ ulimitCeilings: {}, missingCapabilities: [], fences: true, systemReserved: { cpu: 0, memory: 0 } },
  };
}

/** The textbook's way: the largest first, each to the fullest host that takes it. */
function packSimply(items: readonly Item[]): number {
  const share = ({ cores, memory }: Item) => Math.max(cores / room.cores, memory / room.memory);
  const hosts: { cores: number; memory: number }[] = [];
  for (const item of [...items].sort((a, b) => share(b) - share(a))) {
    const fitting = hosts.filter(({ cores, memory }) => item.cores <= cores && item.memory <= memory);
    const [fullest] = fitting.sort((a, b) => left(a) - left(b));
    const best = fullest ?? { ...room };
    if (fullest === undefined) hosts.push(best);
    best.cores -= item.cores;
    best.memory -= item.memory;
  }
  return hosts.length;
}

const left = ({ cores, memory }: Item) => cores / room.cores + memory / room.memory;

/** The same batches each time. */
export function measurePacking(batches: number): Packing {
  const packed = Array.from({ length: batches }, (_, seed) => packBatch(batchOf(seed)));
  const sum = (hosts: (one: Packed) => number) => packed.reduce((total, one) => total + hosts(one), 0);
  return {
    ours: sum(({ ours }) => ours),
    bestFitDecreasing: sum(({ bestFitDecreasing }) => bestFitDecreasing),
    optimum: sum(({ optimum }) => optimum),
    worse: packed.filter(({ ours, bestFitDecreasing }) => ours > bestFitDecreasing).length,
  };
}

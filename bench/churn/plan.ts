import type { Change, Wanted } from "./types.ts";

const limits = { services: 6, replicas: 8 };

/** Changes one after the other, the same ones for the same seed: at most 6 services of at most 8 replicas. */
export function* plan(seed: number): Generator<{ readonly change: Change; readonly wanted: Wanted }, never> {
  const random = randomFrom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  let wanted: Wanted = new Map();
  for (;;) {
    const service = `churn-${below(limits.services)}`;
    const change = changeOf(service, wanted.get(service), below);
    wanted = after(wanted, change);
    yield { change, wanted };
  }
}

/** Creates what is not there; else scales, updates or, half as often, deletes it. */
function changeOf(
  service: string,
  current: { readonly replicas: number; readonly generation: number } | undefined,
  below: (limit: number) => number,
): Change {
  const replicas = 1 + below(limits.replicas);
  if (current === undefined) return { kind: "create", service, replicas };
  const choice = below(5);
  if (choice < 2) return { kind: "scale", service, replicas };
  if (choice < 4) return { kind: "update", service, generation: current.generation + 1 };
  return { kind: "delete", service };
}

/** Another map: whoever stops at a change has what was wanted before it. */
function after(before: Wanted, change: Change): Wanted {
  const { service } = change;
  const current = before.get(service) ?? { replicas: 0, generation: 1 };
  switch (change.kind) {
    case "create":
    case "scale":
      return new Map(before).set(service, { ...current, replicas: change.replicas });
    case "update":
      return new Map(before).set(service, { ...current, generation: change.generation });
    case "delete":
      return new Map([...before].filter(([name]) => name !== service));
  }
}

/** Mulberry32: numbers from 0 to below 1, the same ones for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

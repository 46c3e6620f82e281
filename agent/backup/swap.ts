import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { syncToDisk } from "../lib/sync-to-disk.ts";
import { neededFiles, stateFiles } from "./content.ts";

/**
 * A restore's exchange of old for new in the state folder, all or nothing. There is no journal but the folders: it is under
 * way while `replaced.new` is there, and decided once nothing is left in `restored`. Whoever comes first after a cut,
 * an agent or another restore, goes on or back from what lies where, and may be cut short as well.
 */
export const places = {
  store: "etcd",
  restored: "restored",
  replacing: "replaced.new",
  replaced: "replaced",
};

/** What every restore brings. */
const needed = [places.store, ...neededFiles];
/** What only some bring stands last: as long as it can still be missing, `restored` is not empty. */
const names = [...new Set([places.store, ...stateFiles.map((name) => name.split("/")[0] ?? name)])];

/** One change of names, which happens whole or not at all; paths within the state folder. */
export type Step =
  | { readonly make: string }
  | { readonly move: string; readonly to: string }
  | { readonly remove: string };

/** What lies where; undefined: no such folder. */
export interface Lying {
  readonly here: readonly string[];
  readonly restored: readonly string[] | undefined;
  readonly replacing: readonly string[] | undefined;
}

export type Recovery = "what was here before is back; restore again" | "it is finished now";

const finish: readonly Step[] = [
  { remove: places.restored },
  { remove: places.replaced },
  { move: places.replacing, to: places.replaced },
];

/** From `restored` that is complete to what it holds in place. */
export function swapSteps({ here, restored = [] }: Lying): readonly Step[] {
  const steps = names
    .filter((name) => restored.includes(name))
    .flatMap((name) => [
      ...(here.includes(name) ? [{ move: name, to: join(places.replacing, name) }] : []),
      { move: join(places.restored, name), to: name },
    ]);
  return [{ make: places.replacing }, ...steps, ...finish];
}

/** What a swap, or a recovery, that was cut short leaves to do; none where neither was. */
export function recoverySteps({ here, restored = [], replacing }: Lying): readonly Step[] {
  if (replacing === undefined) return [];
  if (restored.length === 0) return finish;
  const cameIn = needed.filter((name) => here.includes(name) && !restored.includes(name));
  return [
    ...cameIn.map((name) => ({ move: name, to: join(places.restored, name) })),
    ...replacing.map((name) => ({ move: join(places.replacing, name), to: name })),
    { remove: places.replacing },
    { remove: places.restored },
  ];
}

/** Puts what is complete in `restored` in place; where what stood there is now. Nothing may use the store. */
export function swap(stateDir: string): string {
  for (const step of swapSteps(look(stateDir))) perform(stateDir, step);
  return join(stateDir, places.replaced);
}

/** Before anything reads the state folder; what was done, undefined where nothing was cut short. Throws where it cannot. */
export function recoverSwap(stateDir: string): Recovery | undefined {
  const lying = look(stateDir);
  const steps = recoverySteps(lying);
  for (const step of steps) perform(stateDir, step);
  if (steps.length === 0) return undefined;
  return steps === finish ? "it is finished now" : "what was here before is back; restore again";
}

export function look(stateDir: string): Lying {
  const list = (path: string) => (existsSync(path) ? readdirSync(path) : undefined);
  return {
    here: list(stateDir) ?? [],
    restored: list(join(stateDir, places.restored)),
    replacing: list(join(stateDir, places.replacing)),
  };
}

/** On disk before the next one begins. */
export function perform(stateDir: string, step: Step): void {
  const at = (path: string) => join(stateDir, path);
  if ("make" in step) mkdirSync(at(step.make), { mode: 0o700 });
  else if ("remove" in step) rmSync(at(step.remove), { recursive: true, force: true });
  else {
    renameSync(at(step.move), at(step.to));
    syncToDisk(dirname(at(step.move)));
    if (dirname(step.to) !== dirname(step.move)) syncToDisk(dirname(at(step.to)));
    return;
  }
  syncToDisk(stateDir);
}

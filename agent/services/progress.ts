import type { Instance } from "../../contract/index.ts";

/** Of the instances that were spoken of last; more are not on their way at once. */
const instancesKept = 1_000;

/** How far hosts are with what takes long: passing words, kept in memory alone, as long as they are about now. */
export interface Progress {
  note(instance: Instance, message: string): void;
  /** The instances, each with the last word about it in place of its reason while it is on its way. */
  upon(instances: readonly Instance[]): Instance[];
}

export function createProgress(): Progress {
  const words = new Map<string, { readonly since: string; readonly message: string }>();
  return {
    note({ id, since }, message) {
      words.delete(id);
      words.set(id, { since, message });
      for (const oldest of words.keys()) {
        if (words.size <= instancesKept) break;
        words.delete(oldest);
      }
    },
    upon: (instances) =>
      instances.map((instance) => {
        const word = instance.state === "pulling" ? words.get(instance.id) : undefined;
        return word?.since === instance.since ? { ...instance, reason: word.message } : instance;
      }),
  };
}

import { isDeepStrictEqual } from "node:util";
import { ConstellationError } from "../../contract/index.ts";
import type { Call, Opened, Properties, Stored } from "../engine/index.ts";

export interface OnDelete {
  readonly drain: boolean;
  readonly timeout: string;
  readonly force: boolean;
}

/** What a machine that is gone for good fails with, and its cluster. */
export const forgivable: readonly string[] = ["unreachable", "host-key-changed", "login-denied", "timeout"];

/** Only what becomes of the host at its end changes: its machine is not gone to, since it may be gone for good. */
export function isLastWill({ inputs: { value: was } }: Stored, { onDelete }: Properties): boolean {
  return !isDeepStrictEqual(was.onDelete, onDelete);
}

/** Force is set just now: the program says so of a machine that it gives up. */
export function isLettingGo({ inputs: { value: was } }: Stored, { onDelete }: Properties): boolean {
  const isForced = (given: unknown) => (given as OnDelete | undefined)?.force === true;
  return isForced(onDelete) && !isForced(was.onDelete);
}

/**
 * Where the program gives the machine up, whatever is wrong with that is said and keeps nothing from being recorded; a machine
 * that is another one by now (`host-unfit`) is gone, too.
 */
export function unlessLettingGo(old: Stored, inputs: Opened, call: Call) {
  return (error: unknown): Stored => {
    const isOver =
      error instanceof ConstellationError && (forgivable.includes(error.code) || error.code === "host-unfit");
    if (!isOver || !isLettingGo(old, inputs.value)) throw error;
    const reasons = error.violations
      .map(({ reason }) => reason)
      .filter((one) => !error.message.includes(one));
    const said = [error.message, ...reasons].join(": ");
    call.warn(`${said}: onDelete.force is recorded, and a delete of the host goes on without its machine`);
    return { ...old, inputs };
  };
}

import { closeSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { createSerial } from "../../lib/serial.ts";
import type { Mounts } from "../libc/index.ts";

/**
 * crun as a file that no container can write to through /proc/PID/exe (CVE-2019-5736). crun sees to that itself: at
 * each start it mounts itself read-only, executes itself again from there and takes the mount away, which costs 4 ms.
 * Here the same mount is made once; crun recognises it by being read-only, and by the variable that it sets itself.
 */
export interface GuardedProgram {
  /** What to execute, with `environment`. Made again when the program was replaced. */
  path(): Promise<string>;
  readonly environment: Readonly<Record<string, string>>;
}

/** @param place where it is mounted: a file in a folder of ours, which outlives the agent. */
export function createGuardedProgram(
  program: string,
  place: string,
  mounts: Pick<Mounts, "bind" | "unmount">,
): GuardedProgram {
  const inTurn = createSerial();
  return {
    environment: {
      PATH: process.env.PATH ?? "/usr/sbin:/usr/bin:/sbin:/bin",
      _LIBCONTAINER_CLONED_BINARY: "1",
    },
    // Two first starts at once: the second would open what the first has just made read-only.
    path: () =>
      inTurn(async () => {
        if (isSameFile(program, place)) return place;
        while (await mounts.unmount(place));
        mkdirSync(dirname(place), { recursive: true, mode: 0o700 });
        closeSync(openSync(place, "a"));
        await mounts.bind({ source: program, target: place, access: "read-only" });
        return place;
      }),
  };
}

function isSameFile(one: string, other: string): boolean {
  const [first, second] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }));
  return first !== undefined && first.ino === second?.ino && first.dev === second.dev;
}

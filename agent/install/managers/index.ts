/**
 * Who starts an agent's guard with the machine and again when it ends, on machines of each kind.
 * Invariant: a service's end is the guard's alone; what instances run is never ended by one.
 * It knows neither what a guard does nor when to start one.
 */
import { openRc } from "./openrc.ts";
import { systemd } from "./systemd.ts";
import type { ServiceManager } from "./types.ts";

export { environmentFile, environmentText } from "./environment-file.ts";
export type { ServiceManager } from "./types.ts";

export const serviceManagers: readonly ServiceManager[] = [systemd, openRc];

/** The one that runs this machine; undefined where none does: whoever needs the agent starts it after a boot. */
export function serviceManagerHere(): ServiceManager | undefined {
  return serviceManagers.find((manager) => manager.isHere());
}

import { readFileSync, writeFileSync } from "node:fs";
import { AdapterError, wrapNodeError } from "../error.ts";

/** A setting of a network namespace, such as `net.ipv4.ip_forward`; `conf.DEVICE` for a device without dots in its name. */
export type NetSysctl = `net.${string}`;

/** Reads a setting of the agent's network namespace. Throws ENOENT where the kernel has none of that name. */
export function readSysctl(name: NetSysctl): string {
  try {
    return readFileSync(pathOf(name), "utf8").trim();
  } catch (error) {
    throw wrapNodeError(`read sysctl ${name}`, error);
  }
}

/** Sets one unless it has that value already; returns the value before, for whoever puts it back. */
export function writeSysctl(name: NetSysctl, value: string): string {
  const before = readSysctl(name);
  if (before === value) return before;
  try {
    writeFileSync(pathOf(name), value);
  } catch (error) {
    throw wrapNodeError(`set sysctl ${name} to ${value}`, error);
  }
  return before;
}

/** /proc/sys/net shows the namespace of the thread that opens a file there, so it must be a synchronous call. */
function pathOf(name: NetSysctl): string {
  if (!/^net(\.[A-Za-z0-9_-]+)+$/.test(name))
    throw new AdapterError(`use sysctl ${name}`, "EINVAL", "not a name");
  return `/proc/sys/${name.replaceAll(".", "/")}`;
}

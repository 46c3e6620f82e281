import { readFileSync } from "node:fs";

/** Bytes since the device was made, as it sees them. */
export interface DeviceCounters {
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** Every network device of the namespace that the agent's main thread is in: one file for any number of them. */
export function readDevices(file = "/proc/self/net/dev"): Map<string, DeviceCounters> {
  return parseDevices(readFileSync(file, "utf8"));
}

/** Two lines of titles, then `name: ` and sixteen numbers: bytes received come first, bytes sent ninth. */
export function parseDevices(text: string): Map<string, DeviceCounters> {
  const lines = text.split("\n").slice(2);
  return new Map(
    lines.flatMap((line) => {
      const [, name, numbers = ""] = /^\s*(\S+):\s*(.*)$/.exec(line) ?? [];
      const fields = numbers.split(/\s+/).map(Number);
      if (name === undefined || fields.length < 9) return [];
      return [[name, { receivedBytes: fields[0] ?? 0, sentBytes: fields[8] ?? 0 }] as const];
    }),
  );
}

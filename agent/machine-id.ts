import { existsSync, readFileSync } from "node:fs";
import { ConstellationError } from "../contract/index.ts";

/** machine-id(5), and where systems without systemd keep theirs. */
const files = ["/etc/machine-id", "/var/lib/dbus/machine-id"];

/** What tells this machine from every other one: 32 hex digits. Throws `host-unfit` where it has none. */
export function readMachineId(): string {
  const found = files
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, "utf8").trim())
    .find((text) => /^[0-9a-f]{32}$/.test(text));
  if (found !== undefined) return found;
  const make = "make one: tr -d - < /proc/sys/kernel/random/uuid > /etc/machine-id";
  throw new ConstellationError("host-unfit", `read ${files[0]}: this machine has no id; ${make}`);
}

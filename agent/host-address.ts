import { existsSync, readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";

/** proc_net(5); absent in a kernel without IPv4. */
const routeFile = "/proc/net/route";

type Interfaces = ReturnType<typeof networkInterfaces>;

/**
 * The IPv4 address at which others reach this machine: that of the device its default route leads out of; where there
 * is none, the first that is neither loopback nor the cluster's own `gateway`.
 */
export function ownAddress(gateway: string): string {
  const routes = existsSync(routeFile) ? readFileSync(routeFile, "utf8") : "";
  return addressAmong(networkInterfaces(), defaultDevice(routes), gateway);
}

export function addressAmong(interfaces: Interfaces, device: string | undefined, gateway: string): string {
  const first = (entries: Interfaces[string] = []) =>
    entries.find(({ family, internal, address }) => family === "IPv4" && !internal && address !== gateway);
  const found =
    (device === undefined ? undefined : first(interfaces[device])) ??
    first(Object.values(interfaces).flatMap((entries) => entries ?? []));
  return found?.address ?? "127.0.0.1";
}

const routeUp = 0x1;

/** The device of the default route with the lowest metric, from the text of /proc/net/route; addresses there are hex. */
export function defaultDevice(routes: string): string | undefined {
  const [best] = routes
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, destination, , flags, , , , mask]) => {
      const isDefault = destination === "00000000" && mask === "00000000";
      return isDefault && (Number.parseInt(flags ?? "", 16) & routeUp) !== 0;
    })
    .map(([device, , , , , , metric]) => ({ device, metric: Number(metric) }))
    .sort((a, b) => a.metric - b.metric);
  return best?.device;
}

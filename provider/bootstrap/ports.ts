import { ports } from "../../contract/index.ts";

const wireguard = `${ports.wireguard}/udp`;

/** What each listens on, sooner or later: a cluster of one machine gets others some day. */
export const clusterPorts: Readonly<Record<"server" | "host", readonly string[]>> = {
  server: [`${ports.servers}/tcp`, `${ports.peers}/tcp`, wireguard],
  host: [wireguard],
};

/** As /proc/net has a port: four digits of base 16. */
export const portsInProc = Object.values(ports).map((port) =>
  port.toString(16).toUpperCase().padStart(4, "0"),
);

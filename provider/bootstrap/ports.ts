import { ports } from "../../contract/index.ts";

/** What servers listen on, sooner or later: a cluster of one machine gets others some day. */
export const serverPorts: readonly string[] = [`${ports.servers}/tcp`, `${ports.peers}/tcp`];
/** Where all hosts have their end of the tunnels, servers too. */
export const tunnelPort = `${ports.wireguard}/udp`;

/** As /proc/net has a port: four digits of base 16. */
export const portsInProc = Object.values(ports).map((port) =>
  port.toString(16).toUpperCase().padStart(4, "0"),
);

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import type { PublishedPort } from "./types.ts";

/** Our own name server's port at the host's address in the cluster's network: never held at every address. */
const dnsPort = 53;

type Place = Pick<PublishedPort, "protocol" | "port" | "hostIp">;

/**
 * Keeps published ports from other programs of the host, so that they fail with EADDRINUSE instead of starting without
 * ever being reached. Nothing arrives at these sockets: packet rules send it to instances, or refuse it. While the
 * agent is away nobody holds the ports.
 */
export interface HeldPorts {
  /** Holds these and no others; returns those that somebody else holds, or that cannot be held, with the error's code. */
  hold(wanted: readonly Place[]): Promise<{ readonly place: string; readonly code: string }[]>;
  release(): void;
}

export function createHeldPorts(): HeldPorts {
  const held = new Map<string, { close(): unknown }>();
  return {
    async hold(wanted) {
      const places = new Map(
        wanted.filter(({ port }) => port !== dnsPort).map((place) => [nameOf(place), place]),
      );
      for (const [name, socket] of held) {
        if (places.has(name)) continue;
        socket.close();
        held.delete(name);
      }
      const failed: { place: string; code: string }[] = [];
      for (const [name, place] of places) {
        if (held.has(name)) continue;
        try {
          held.set(name, await (place.protocol === "tcp" ? listen(place) : bind(place)));
        } catch (error) {
          failed.push({ place: name, code: (error as NodeJS.ErrnoException).code ?? String(error) });
        }
      }
      return failed;
    },
    release() {
      for (const socket of held.values()) socket.close();
      held.clear();
    },
  };
}

async function listen({ port, hostIp = "0.0.0.0" }: Place) {
  const server = createServer((socket) => socket.destroy());
  await once(server.listen({ port, host: hostIp, exclusive: true }), "listening");
  server.on("error", ignore);
  return server.unref();
}

async function bind({ port, hostIp = "0.0.0.0" }: Place) {
  const socket = createSocket("udp4");
  try {
    await once(socket.bind({ port, address: hostIp, exclusive: true }), "listening");
    socket.on("error", ignore);
    return socket.unref();
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** Whatever goes wrong with a connection that nobody serves must not end the agent. */
function ignore(): void {}

function nameOf({ protocol, port, hostIp }: Place): string {
  return `${hostIp ?? "*"}:${port}/${protocol}`;
}

import type { Socket } from "node:net";
import { ConstellationError } from "../../contract/index.ts";
import type { Peer, Principal } from "./types.ts";

/** Who is at the other end of a connection; asked once for each. */
export function createIdentify(readPeer: (socket: Socket) => Peer): (socket: Socket) => Principal {
  const known = new WeakMap<Socket, Principal>();
  return (socket) => {
    const found = known.get(socket) ?? identify(socket, readPeer);
    known.set(socket, found);
    return found;
  };
}

function identify(socket: Socket, readPeer: (socket: Socket) => Peer): Principal {
  try {
    const peer = readPeer(socket);
    return { name: `uid ${peer.uid} (pid ${peer.pid})`, peer };
  } catch (cause) {
    throw new ConstellationError("forbidden", "identify the caller: its socket does not say who it is", {
      cause,
    });
  }
}

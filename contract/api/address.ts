import { Agent, type AgentOptions, type RequestOptions } from "node:http";
import { connect as connectSocket } from "node:net";
import type { Duplex } from "node:stream";
import { ConstellationError } from "../errors.ts";

/** Where an agent answers: at a socket of this machine, or at the end of connections that somebody else opens. */
export type Address = LocalAddress | RemoteAddress;

export interface LocalAddress {
  readonly socket: string;
}

export interface RemoteAddress {
  /** For messages: `ssh://root@10.0.0.1:22`. */
  readonly name: string;
  /**
   * One more connection to the agent's socket. Rejects with a `ConstellationError` where the way there is closed, and
   * with an error whose `code` is that of connect(2) where the agent does not listen; `absentCode` where it has no folder.
   */
  readonly dial: Dial;
}

export type Dial = () => Promise<Duplex>;

/** There is not even a folder for the agent's socket: nobody is going to listen there. */
export const absentCode = "ENOAGENT";

export function nameOf(address: Address): string {
  return "socket" in address ? address.socket : address.name;
}

/** Opens a connection of its own, kept by nobody. */
export async function open(address: Address): Promise<Duplex> {
  return "socket" in address ? connectSocket(address.socket) : asSocket(await dialled(address.dial));
}

const closedWays = new WeakSet<object>();

/** The agent was not even asked: no login, no machine. Not like an agent that restarts, it is not worth another try. */
export function isClosedWay(error: unknown): boolean {
  return typeof error === "object" && error !== null && closedWays.has(error);
}

async function dialled(dial: Dial): Promise<Duplex> {
  try {
    return await dial();
  } catch (error) {
    if (error instanceof ConstellationError) closedWays.add(error);
    throw error;
  }
}

/** Keeps connections for the next request, at whatever address. */
export function agentFor(address: Address): Agent {
  return "socket" in address ? new Agent({ keepAlive: true }) : new DialingAgent(address.dial);
}

/** What a request says beside its agent to get there. */
export function routeTo(address: Address): Pick<RequestOptions, "socketPath"> {
  return "socket" in address ? { socketPath: address.socket } : {};
}

class DialingAgent extends Agent {
  private readonly dial: Dial;

  constructor(dial: Dial) {
    super({ keepAlive: true });
    this.dial = dial;
  }

  override createConnection(
    _options: AgentOptions,
    done: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    dialled(this.dial).then(
      (stream) => done(null, asSocket(stream)),
      (error: Error) => done(error, undefined as unknown as Duplex),
    );
  }
}

/** Settings of sockets that node:http makes and a stream inside another connection has no use for. */
function asSocket(stream: Duplex): Duplex {
  const same = () => stream;
  return Object.assign(stream, { setKeepAlive: same, setNoDelay: same, ref: same, unref: same });
}

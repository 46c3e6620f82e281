import { absentCode, agentPaths, ConstellationError, type RemoteAddress } from "../../contract/index.ts";
import type { Tunnel } from "../../contract/tunnel/index.ts";
import {
  connect,
  type HostKeys,
  pinTo,
  quote,
  type Ssh,
  shellLine,
  type Target,
  whereOf,
} from "../ssh/index.ts";

/** Where the kit's programs are found by one name, whichever version is in use. */
export const agentProgramPath = "/opt/constellation/bin/constellation-agent";

/** How long a `dial` may take to greet: a Node's start on a slow machine, milliseconds. */
const greetingMs = 20_000;
/** How long a look at a file may take, milliseconds. */
const lookMs = 20_000;

/** For so long nobody tries again what has just failed, milliseconds: each resource would wait for the same machine. */
const failedForMs = 3_000;

/** A machine that is reached by SSH, and which agent on it is meant. */
export interface Place {
  readonly ssh: Target;
  readonly root?: string;
}

/** One login and one tunnel to the agent, opened when needed, again once lost, shared by all of this run. */
export interface RemoteMachine {
  /** `ssh://root@10.0.0.1:22`. */
  readonly name: string;
  login(signal?: AbortSignal): Promise<Ssh>;
  /** Those seen at this run's logins; empty before the first. */
  hostKeys(): HostKeys;
  /** For the API's client. */
  readonly address: RemoteAddress;
  /** Whether an agent keeps something there, running or not. */
  holdsState(): Promise<boolean>;
  /** Ends the tunnel, whose other end runs from the programs there. */
  hangUp(): void;
  /** Ends both; the next use opens them again. */
  leave(): void;
}

export interface Machines {
  /** @param known host keys recorded before; what the target itself pins goes before them. */
  at(place: Place, known?: HostKeys): RemoteMachine;
  /** Ends every login, and forgets what was seen by them. */
  forget(): void;
}

/** @param agentSocket where the SSH agent of whoever runs this listens. */
export function createMachines(agentSocket: string | undefined): Machines {
  const machines = new Map<string, RemoteMachine>();
  return {
    at(place, known = {}) {
      const key = keyOf(place, known);
      const machine = machines.get(key) ?? createMachine(place, known, agentSocket);
      machines.set(key, machine);
      return machine;
    },
    forget() {
      for (const machine of machines.values()) machine.leave();
      machines.clear();
    },
  };
}

/** A cluster knows its machine by what was recorded, and what is on it by what its access pins: they are one. */
function keyOf({ ssh, root = "" }: Place, known: HostKeys): string {
  const { jump = [], ...login } = pinTo(ssh, known);
  const sorted = [login, ...jump].map((each) =>
    Object.entries(each).sort(([one], [other]) => (one < other ? -1 : 1)),
  );
  return JSON.stringify([sorted, root]);
}

function createMachine(
  { ssh: target, root }: Place,
  known: HostKeys,
  agentSocket: string | undefined,
): RemoteMachine {
  const name = `ssh://${target.user}@${whereOf(target)}`;
  let seen: HostKeys = {};
  const session = kept(async (signal) => {
    const options = { known: { ...known, ...seen }, agentSocket, ...(signal && { signal }) };
    const ssh = await connect(target, options);
    seen = ssh.hostKeys;
    return ssh;
  });
  const tunnel = kept(async () => await dialAgent(await session.get(), root));
  return {
    name,
    login: session.get,
    hostKeys: () => seen,
    address: { name, dial: async () => await (await tunnel.get()).dial() },
    async holdsState() {
      const marker = `${agentPaths(root).stateDir}/.constellation`;
      const ssh = await session.get();
      const look = await ssh.runAsRoot(`test -e ${quote(marker)}`, { timeoutMs: lookMs });
      return look.code === 0;
    },
    hangUp: tunnel.drop,
    leave() {
      tunnel.drop();
      session.drop();
    },
  };
}

interface Closable {
  readonly closed: Promise<void>;
  close(): void;
}

/** Opens a thing when asked, and again once it has closed; who asks meanwhile gets the same one. */
function kept<T extends Closable>(open: (signal?: AbortSignal) => Promise<T>) {
  let current: Promise<T> | undefined;
  const forget = (one: Promise<T>) => {
    if (current === one) current = undefined;
  };
  return {
    get(signal?: AbortSignal): Promise<T> {
      if (current !== undefined) return current;
      const opening = open(signal);
      current = opening;
      opening.then(
        ({ closed }) => closed.then(() => forget(opening)),
        () => void setTimeout(() => forget(opening), failedForMs).unref(),
      );
      return opening;
    },
    drop(): void {
      current?.then(
        (thing) => thing.close(),
        () => undefined, // whoever asked for it was told
      );
      current = undefined;
    },
  };
}

async function dialAgent(ssh: Ssh, root: string | undefined): Promise<Tunnel> {
  // Only here: HTTP/2 takes time to load, and most runs of a provider need none.
  const { openTunnel } = await import("../../contract/tunnel/index.ts");
  const words = [agentProgramPath, "dial", ...(root === undefined ? [] : ["--root", root])];
  const { line, complaint } = await ssh.openAsRoot(`exec ${shellLine(words)}`);
  try {
    return await openTunnel(line, ssh.name, greetingMs);
  } catch (error) {
    // As on one's own machine without an agent: nobody is going to listen there.
    if (/not found|No such file/.test(complaint()))
      throw Object.assign(new Error("no agent program"), { code: absentCode });
    if (complaint() === "" || !(error instanceof ConstellationError)) throw error;
    throw new ConstellationError(error.code, `${error.message}: ${complaint()}`, { cause: error });
  }
}

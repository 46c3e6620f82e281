import { ConstellationError, type HostSettings, type Servers } from "../../contract/index.ts";
import {
  type Bootstrap,
  bootstrap,
  type Examined,
  examine,
  type Facts,
  type Finding,
  type Joining,
  lookAhead,
  prepare,
  refuse,
  removeAgent,
} from "../bootstrap/index.ts";
import type { Call } from "../engine/index.ts";
import type { Place, RemoteMachine } from "../machines/index.ts";
import { type HostKeys, pinTo, placeOf } from "../ssh/index.ts";
import type { RemoteParts } from "./remote-parts.ts";
import { targetOf } from "./ssh-target.ts";

/** One of a cluster's `servers`. */
export interface ServerMachine {
  readonly name: string;
  readonly machine: RemoteMachine;
  /** `10.0.0.1:22`, after its jump hosts: what stays as it is when the login changes. */
  readonly where: string;
  readonly settings: HostSettings;
  /** Of a preview; undefined: it cannot be looked at now, and that was said. */
  lookAhead(call: Call): Promise<Examined | undefined>;
  /** What is there; why it cannot be told, where somebody has to see to the machine. */
  look(call: Call): Promise<Looked>;
  /** Sends what its programs lack; `touching` is called before. */
  prepare(call: Call, touching: () => void): Promise<void>;
  /** Brings its agent up, or a newer one in the place of what runs. */
  start(call: Call, join?: Joining): Promise<{ readonly upgradedFrom?: string }>;
  /** Removes its agent and all that was brought; `words`: more for `down`. */
  clear(call: Call, ...words: string[]): Promise<void>;
  /** The way there, with the host key pinned that was seen, now or before. */
  place(): Promise<{ readonly place: Place; readonly hostKeys: HostKeys }>;
}

export type Looked = { readonly examined: Examined } | { readonly trouble: ConstellationError };

const barringCodes: readonly string[] = ["unreachable", "host-key-changed", "login-denied"];

/** No agent is got at there, and may never be again, as another machine may have its address: that keeps no other one from going on. */
export const isBarred = (error: unknown): error is ConstellationError =>
  error instanceof ConstellationError && barringCodes.includes(error.code);

export function serverMachine(
  name: string,
  { ssh, ...settings }: Servers[string],
  { root, known, mode }: Pick<Bootstrap, "root" | "mode"> & { readonly known: HostKeys | undefined },
  { machines, kits }: RemoteParts,
): ServerMachine {
  const target = targetOf(ssh);
  const within = root === undefined ? {} : { root };
  const machine = machines.at({ ssh: target, ...within }, known);
  let trouble: ConstellationError | undefined;
  const about = ({ signal, progress, warn }: Call): Omit<Bootstrap, "join"> => ({
    ...{ machine, root, hostName: name, role: "server", mode, kits, signal, warn },
    progress: (message) => progress(`server ${name}: ${message}`),
  });
  return {
    name,
    machine,
    where: placeOf(ssh),
    settings,
    async lookAhead(call) {
      const examined = await lookAhead({ ...about(call), info: call.info });
      if (examined) refuse(machine.name, judgeServing(examined.facts));
      return examined;
    },
    async look(call) {
      try {
        return { examined: await examine(about(call)) };
      } catch (error) {
        if (!isBarred(error)) throw error;
        trouble = error;
        return { trouble };
      }
    },
    prepare: async (call, touching) => await prepare({ ...about(call), touching }),
    start: async (call, join) => await bootstrap({ ...about(call), join }),
    async clear(call, ...words) {
      await removeAgent(about(call), words);
      machine.leave();
    },
    async place() {
      // What was away at the look is not waited for once more.
      const login = trouble === undefined ? machine.login() : Promise.reject(trouble);
      const hostKeys = await login.then(
        ({ hostKeys: seen }) => seen,
        (error: unknown) => recordedKeys(error, known),
      );
      return { place: { ssh: pinTo(target, hostKeys), ...within }, hostKeys };
    },
  };
}

/** What it is already that keeps a machine from being a server. Pure. */
export function judgeServing({ membership }: Pick<Facts, "membership">): Finding[] {
  if (membership === undefined) return [];
  const problem = `it is host ${membership.name} of cluster ${membership.clusterName}`;
  return [{ severity: "refusal", problem, fix: "remove that one first, or name another machine" }];
}

/** Of a machine that is away, what was seen before is the best there is. */
function recordedKeys(error: unknown, known: HostKeys | undefined): HostKeys {
  if (isBarred(error)) return known ?? {};
  throw error;
}

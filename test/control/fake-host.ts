import type { InstanceAccess } from "../../agent/api/index.ts";
import type { Assignment, HostSession, Placement } from "../../agent/session/index.ts";
import { ConstellationError, type Instance } from "../../contract/index.ts";

export interface FakeHost {
  /** Follows assignments and reports what it pretends to run, until the signal aborts. */
  run(session: HostSession, signal: AbortSignal): Promise<void>;
  /** Says how far something is, as a host does. */
  progress(instanceId: string, message: string): void;
  /** The last assignment. */
  assignment(): Assignment | undefined;
  /** Instances of a revision for which this is false never get healthy. */
  healthy: (placement: Placement) => boolean;
  readonly access: InstanceAccess;
}

/** Runs nothing: an assigned instance is at once running, a drained one at once gone. */
export function createFakeHost(name: string): FakeHost {
  let assignment: Assignment | undefined;
  let current: HostSession | undefined;
  const startedAt = new Date().toISOString();
  const host: FakeHost = {
    healthy: () => true,
    assignment: () => assignment,
    progress: (id, message) => current?.progress(id, message),

    async run(session, signal) {
      current = session;
      for await (const next of session.assignments(signal)) {
        assignment = next;
        const instances = next.placements
          .filter(({ want }) => want === "run")
          .map((placement) => running(placement, host.healthy(placement)));
        await session.report({
          host: {
            name,
            address: "192.0.2.1",
            cidr: next.host.cidr,
            agentVersion: "0.0.0",
            kernel: "6.1",
            cgroup: "v2",
            capacity: { cpu: 4, memory: 8 * 2 ** 30 },
            ulimitCeilings: { nofile: 20_000 },
            missingCapabilities: ["SYS_RESOURCE"],
            startedAt,
          },
          instances,
        });
      }
    },

    access: {
      async *logs(id, { tail }) {
        const lines = ["one", "two", "three"].slice(-(tail ?? 3));
        for (const text of lines) yield { at: startedAt, stream: "stdout", text: `${id} ${text}` };
      },
      async exec(_id, { command }) {
        if (command[0] !== "cat")
          throw new ConstellationError("invalid", `exec ${command[0]}: no such program in the container`);
        const chunks: Uint8Array[] = [];
        let finish = () => {};
        const ended = new Promise<void>((resolve) => (finish = resolve));
        return {
          output: (async function* () {
            await ended;
            for (const data of chunks) yield { stream: "stdout" as const, data };
          })(),
          write: async (data) => void chunks.push(data),
          endInput: finish,
          resize: () => undefined,
          exit: ended.then(() => 7),
          close: finish,
        };
      },
    },
  };
  return host;
}

const since = new Date().toISOString();

function running(placement: Placement, healthy: boolean): Instance {
  const { id, namespace, service, serviceUid, name, index, address, revision } = placement;
  return {
    id,
    namespace,
    service,
    serviceUid,
    name,
    index,
    host: "vm",
    address,
    revision,
    state: "running",
    healthy,
    reason: healthy ? "healthy" : "no answer yet",
    restarts: 0,
    image: "oci:web",
    since,
    pid: 1,
  };
}

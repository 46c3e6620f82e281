import { ConstellationError } from "../../contract/index.ts";
import { type LogLine, type LogQuery, readLog } from "../logs/index.ts";
import type { Entry } from "./entry.ts";
import { readInside } from "./inside.ts";
import type { HostInstances } from "./loop.ts";
import type { RunningCommand, Runtime } from "./types.ts";
import { resolveUser } from "./users.ts";

export interface ExecRequest {
  readonly command: readonly string[];
  readonly tty: boolean;
  readonly user?: string;
  readonly workingDir?: string;
  readonly columns: number;
  readonly rows: number;
}

/** What the API reaches of this host's instances: their output and commands inside them. Satisfies its `InstanceAccess`. */
export function createInstanceAccess(
  instances: Pick<HostInstances, "entry">,
  runtime: Pick<Runtime, "exec">,
) {
  return {
    logs(id: string, query: LogQuery, signal: AbortSignal): AsyncIterable<LogLine> {
      return readLog(expectEntry(instances, id, "read logs of").places.log, query, signal);
    },

    async exec(id: string, request: ExecRequest): Promise<RunningCommand> {
      const action = `run command in ${id}`;
      const { record, places } = expectEntry(instances, id, "run command in");
      const { kind } = record.life.state;
      if (kind !== "running" && kind !== "stopping") {
        throw new ConstellationError(
          "not-found",
          `${action}: it is ${kind}, not running; wait until it runs`,
        );
      }
      const [program, ...args] = request.command;
      if (program === undefined)
        throw new ConstellationError("invalid", `${action}: no command given; name one`);
      try {
        return await runtime.exec(id, {
          argv: [program, ...args],
          ...(request.user !== undefined && asUser(places.root, request.user)),
          ...(request.workingDir !== undefined && { workingDir: request.workingDir }),
          ...(request.tty && { terminal: { columns: request.columns, rows: request.rows } }),
        });
      } catch (error) {
        if (!(error instanceof ConstellationError)) throw error;
        throw new ConstellationError(error.code, `${action}: ${error.message}`, { cause: error });
      }
    },
  };
}

/** A process inside could lead this astray by links, but only to numbers that it could get for itself. */
function asUser(root: string, wanted: string) {
  const files = { passwd: readInside(root, "/etc/passwd"), group: readInside(root, "/etc/group") };
  const { home, ...user } = resolveUser(wanted, [], files);
  return { user, env: { HOME: home } };
}

function expectEntry(instances: Pick<HostInstances, "entry">, id: string, action: string): Entry {
  const entry = instances.entry(id);
  if (entry) return entry;
  const reason = "this host runs no such instance; list them with `constellation ps`";
  throw new ConstellationError("not-found", `${action} ${id}: ${reason}`);
}

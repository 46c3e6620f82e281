/**
 * The commands of the agent's program, by name: be the agent, bring one up, join, leave, back up, look.
 *
 * Each loads only what it needs: a layer's unpacking is a process of its own, and the daemon stays small. All but `run` work
 * from outside of the agent, whether it runs or not; what they do is features' work.
 */
import type { Arguments } from "./arguments.ts";

export { type Arguments, parseArguments } from "./arguments.ts";

export interface Command {
  readonly about: string;
  /** What it gives is printed, if anything. */
  run(given: Arguments): Promise<unknown>;
}

/**
 * Of libuv's pool, which reads it at its first use. A start whose mount is on a file server that is gone keeps a thread until
 * that is back: room for as many as start at once, beside the usual four, which every program is started by.
 */
const threads = "8";

export const commands: Readonly<Record<string, Command>> = {
  run: {
    about: "is the agent, in the foreground",
    run: async ({ root }) => {
      process.env.UV_THREADPOOL_SIZE ??= threads;
      return await (await import("../run.ts")).runAgent(root);
    },
  },
  unpack: {
    about: "unpacks one layer, for the agent",
    run: async ({ rest }) => (await import("./unpack.ts")).unpack(rest[0] ?? ""),
  },
  up: {
    about: "starts the agent and waits until it answers",
    run: async (given) => (await import("./local.ts")).bringUp(given),
  },
  down: {
    about:
      "removes the agent and every trace of it (--force: also a server that the others cannot do without)",
    run: async (given) => (await import("./local.ts")).takeDown(given),
  },
  token: {
    about:
      "makes a token by which a host of this name may join (--role server: to keep the state as well; --address ADDRESS: where this server is reached)",
    run: async (given) => (await import("./joining.ts")).makeJoinToken(given),
  },
  join: {
    about:
      "makes this machine a host of a cluster, or a server, as its token says (--server ADDRESS, --token-file FILE or standard input; --address ADDRESS: where other servers reach this one)",
    run: async (given) => (await import("./joining.ts")).joinCluster(given),
  },
  status: {
    about: "says how the agent is",
    run: async (given) => (await import("./local.ts")).tellStatus(given),
  },
  preflight: {
    about: "says what keeps an agent from running here",
    run: async (given) => (await import("./local.ts")).checkMachine(given),
  },
  backup: {
    about: "writes the cluster's state to a file, encrypted",
    run: async (given) => (await import("./backups.ts")).backUp(given),
  },
  restore: {
    about: "puts a backup in the place of what is here",
    run: async (given) => (await import("./backups.ts")).restore(given),
  },
  recover: {
    about:
      "makes this server the only one, where a majority of the servers is gone for good (--force: also while another one answers)",
    run: async (given) => (await import("./recovering.ts")).recover(given),
  },
  inspect: {
    about: "looks at everything of an agent on this machine, for a report",
    run: async ({ root }) => (await import("./local.ts")).look(root),
  },
  dial: {
    about: "carries connections to the agent over stdin and stdout, for who comes by SSH",
    run: async ({ root }) => (await import("./dialled.ts")).dial(root),
  },
  traces: {
    about: "lists what is left of an agent",
    run: async ({ root }) => (await import("./local.ts")).listTraces(root),
  },
};

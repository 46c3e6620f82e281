import { ConstellationError, errorTable } from "../contract/index.ts";
import { type Arguments, parseArguments } from "./arguments.ts";

/**
 * Of libuv's pool, which reads it at its first use. A start whose mount is on a file server that is gone keeps a thread until
 * that is back: room for as many as start at once, beside the usual four, which every program is started by.
 */
const threads = "8";

/**
 * The agent's program. Each command loads only what it needs: a layer's unpacking is a process of its own, and the
 * daemon stays small.
 */
const commands: Record<string, { readonly about: string; run(arguments_: Arguments): Promise<unknown> }> = {
  run: {
    about: "is the agent, in the foreground",
    run: async ({ root }) => {
      process.env.UV_THREADPOOL_SIZE ??= threads;
      return await (await import("./run.ts")).runAgent(root);
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

await main(process.argv.slice(2));
// What outlives the agent is still being watched by it, and would keep it here, also after a failed start: its guard
// would take it for alive.
process.exit();

async function main([name = "", ...args]: readonly string[]): Promise<void> {
  const command = commands[name];
  if (!command) {
    process.stderr.write(usage());
    process.exitCode = 2;
    return;
  }
  const json = args.includes("--json");
  try {
    const result = await command.run(parseArguments(args));
    if (result !== undefined) process.stdout.write(json ? `${JSON.stringify({ result })}\n` : say(result));
  } catch (error) {
    fail(error, json);
  }
}

function fail(error: unknown, json: boolean): void {
  const own = error instanceof ConstellationError ? error : undefined;
  const message = own?.message ?? (error instanceof Error ? (error.stack ?? error.message) : String(error));
  if (json) process.stdout.write(`${JSON.stringify({ error: { code: own?.code ?? "bug", message } })}\n`);
  else process.stderr.write(`constellation-agent: ${message}\n`);
  process.exitCode = own && errorTable[own.code].retryable ? 75 : 1; // sysexits.h: EX_TEMPFAIL
}

/** For people: a list a line, anything else as JSON; nothing at all for an empty list. */
function say(result: unknown): string {
  if (Array.isArray(result))
    return result
      .map((item) => `${typeof item === "string" ? item : Object.values(item).join(" ")}\n`)
      .join("");
  return `${JSON.stringify(result, null, 2)}\n`;
}

function usage(): string {
  const lines = Object.entries(commands).map(([name, { about }]) => `  ${name.padEnd(10)} ${about}`);
  return `usage: constellation-agent COMMAND [--root DIR] [--json]\n\n${lines.join("\n")}\n`;
}

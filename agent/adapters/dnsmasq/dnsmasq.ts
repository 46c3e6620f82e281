import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { boundFile } from "../../lib/bound-file.ts";
import { AdapterError, type Processes, type Spawner } from "../libc/index.ts";
import { untilAnswering } from "./answering.ts";
import {
  configName,
  configText,
  hostsName,
  hostsText,
  serversName,
  serversText,
  type TableInput,
} from "./files.ts";
import { findServers, type Server } from "./servers.ts";

const limits = {
  /** From start to the first answer. */
  startMs: 5_000,
  /** From SIGTERM to SIGKILL. */
  stopMs: 2_000,
  /** A server that was started less than this ago and has ended is not started again at once. */
  settleMs: 1_000,
  logBytes: 1024 * 1024,
};

export interface DnsmasqOptions {
  /** Of its own, in memory: configuration, names, log. Made where it is absent. */
  readonly folder: string;
  /** Default: `dnsmasq`, looked up in PATH. */
  readonly program?: string;
  /** Default: `/etc/resolv.conf`. */
  readonly resolvConf?: string;
  readonly spawner: Spawner;
  readonly processes: Processes;
  /** Called when the server has ended, whoever ended it; `serve` then starts another. */
  readonly onEnd: () => void;
  /** Told in words, with the server's pid. */
  readonly onChange: (message: "adopted" | "started", pid: number) => void;
  /** Ends the watch over the server, never the server. */
  readonly signal: AbortSignal;
}

/** A name server for one address; calls must not overlap. */
export interface Dnsmasq {
  /**
   * Makes a server answer from this table: adopts the one that runs, else starts one and waits for its first answer.
   * Throws AdapterError: ENOENT (not installed), EEXIT (it ended at once: its log says why), EAGAIN (it did, just now),
   * ETIMEDOUT.
   */
  serve(table: TableInput): Promise<void>;
  /** Ends whatever answers there; nothing may be there. */
  end(): Promise<void>;
}

export function createDnsmasq(options: DnsmasqOptions): Dnsmasq {
  const { folder, spawner, processes, program = "dnsmasq", resolvConf = "/etc/resolv.conf" } = options;
  const logFile = join(folder, "log");
  let known: Server | undefined;
  let startedAt = Number.NEGATIVE_INFINITY;

  return {
    async serve(table) {
      mkdirSync(folder, { recursive: true, mode: 0o755 });
      boundFile(logFile, limits.logBytes); // It appends, so the log can be emptied under it.
      const { address, asksOthers } = table;
      const text = configText({
        ...{ folder, address, user: userFor(folder) },
        ...(asksOthers && { resolvConf }),
      });
      const config = join(folder, configName(text));
      const changes = [
        replaceFile(config, text),
        replaceFile(join(folder, serversName), serversText(table)),
        replaceFile(join(folder, hostsName), hostsText(table)),
      ];
      const server = await adopt(config);
      if (server === undefined) await start(config, table.address);
      else if (server !== known || changes.includes(true)) await reread(server);
      if (server !== undefined && server !== known) keep(server, "adopted");
    },
    async end() {
      for (const server of findServers(folder)) await stop(server);
    },
  };

  /** The server with this configuration; those with another one are ended. */
  async function adopt(config: string): Promise<Server | undefined> {
    if (known?.config === config) return known;
    const servers = findServers(folder);
    const [adopted, ...others] = servers.toSorted((one) => (one.config === config ? -1 : 1));
    const outdated = adopted?.config === config ? others : servers;
    for (const server of outdated) await stop(server);
    return adopted?.config === config ? adopted : undefined;
  }

  async function start(config: string, address: string): Promise<void> {
    if (performance.now() - startedAt < limits.settleMs) {
      throw new AdapterError("start name server", "EAGAIN", `it ended right after its start; see ${logFile}`);
    }
    startedAt = performance.now();
    const log = openSync(logFile, "a", 0o600);
    try {
      const child = await spawner.spawn({
        argv: [program, "--keep-in-foreground", `--conf-file=${config}`],
        fds: { 1: log, 2: log },
        session: "own",
      });
      await untilAnswering(address, child.exited, limits.startMs, logFile);
      const server = findServers(folder).find(({ pid }) => pid === child.pid);
      if (!server) throw new AdapterError("start name server", "EEXIT", `it has ended; see ${logFile}`);
      keep(server, "started");
    } finally {
      closeSync(log);
    }
  }

  /** SIGHUP also empties its cache. */
  async function reread(server: Server): Promise<void> {
    await processes.signal(server, "SIGHUP");
  }

  function keep(server: Server, message: "adopted" | "started"): void {
    known = server;
    options.onChange(message, server.pid);
    const forget = () => {
      if (known === server) known = undefined;
    };
    processes.waitForEnd(server, options.signal).then(() => {
      forget();
      options.onEnd();
    }, forget); // The agent stops, and the server stays; or it cannot be watched, and is looked up again.
  }

  async function stop(server: Server): Promise<void> {
    await processes.signal(server, "SIGTERM");
    try {
      await processes.waitForEnd(server, AbortSignal.timeout(limits.stopMs));
    } catch {
      await processes.signal(server, "SIGKILL"); // It did not listen in time; it holds nothing that could be lost.
    }
  }
}

/** Returns whether the content was another one. */
function replaceFile(path: string, content: string): boolean {
  if (existsSync(path) && readFileSync(path, "utf8") === content) return false;
  writeFileSync(`${path}.new`, content, { mode: 0o644 });
  renameSync(`${path}.new`, path);
  return true;
}

/** Unprivileged, unless a folder on the way is closed to others: it reads its files again after it gave up root's rights. */
function userFor(folder: string): "nobody" | "root" {
  for (let path = folder; ; path = dirname(path)) {
    if ((statSync(path).mode & 0o001) === 0) return "root";
    if (path === dirname(path)) return "nobody";
  }
}

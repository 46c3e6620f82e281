import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { type AgentPaths, agentPaths, ConstellationError } from "../contract/index.ts";
import { createCgroupCounters } from "./adapters/cgroups/index.ts";
import { createRuntime, readMachineFacts } from "./adapters/crun/index.ts";
import { createDnsmasq, createDnsmasqViews, type DnsmasqOptions } from "./adapters/dnsmasq/index.ts";
import {
  createConntrack,
  createFileCalls,
  createMounts,
  createNetwork,
  createProcesses,
  createRun,
  createSockets,
  createSpawner,
  readBootClock,
  readBootId,
  readSysctl,
  writeSysctl,
} from "./adapters/libc/index.ts";
import { createNftables } from "./adapters/nftables/index.ts";
import { readDevices } from "./adapters/procnet/index.ts";
import { createRegistry } from "./adapters/registry/index.ts";
import { createWireguard } from "./adapters/wireguard/index.ts";
import { recoverSwap } from "./backup/index.ts";
import { followServers } from "./distant-servers.ts";
import { openHolds } from "./fence/index.ts";
import { describeHost, runHost } from "./host.ts";
import { keepHostName } from "./host-name.ts";
import { type Images, openImages } from "./images/index.ts";
import { keepsDeadlines, status } from "./install/index.ts";
import { createHostInstances, createInstanceAccess, makeFolders, readSnapshot } from "./instances/index.ts";
import { findProgram } from "./lib/find-program.ts";
import { fitHeap } from "./lib/heap.ts";
import { createLog } from "./lib/log.ts";
import { membershipRecord } from "./membership.ts";
import { placesOf, runNetwork } from "./network/index.ts";
import { freeBytesOf, watchOwnDisk } from "./own-disk.ts";
import { ownFolders } from "./own-folders.ts";
import { findOwnProgram } from "./own-programs.ts";
import { serveCluster, startStore, storeFolder } from "./own-servers.ts";
import type { ServersHalf } from "./servers-half.ts";
import { createStats } from "./stats/index.ts";
import { version } from "./version.ts";

/** In milliseconds. */
const limits = {
  collectMs: 30 * 60_000,
  /** What is under way when the agent is to end; its guard kills it soon after. */
  endMs: 8_000,
};

/** Where podman and docker keep root's logins. */
const hostAuthFiles = ["/run/containers/0/auth.json", "/root/.docker/config.json"];
/** `nobody` and `nogroup`: whom the registry client becomes. */
const unprivilegedUser = 65_534;

/**
 * The agent: this machine's own half, and the servers' half beside it or over the network; the one place, with
 * `own-servers.ts`, that knows features and adapters alike. SIGTERM and SIGINT end it in reverse order. What runs outside of it (the store, instances, the
 * name server, packet rules) stays for the next agent.
 */
export async function runAgent(root: string | undefined): Promise<undefined> {
  const paths = agentPaths(root);
  requireShortPaths(paths, storeFolder(paths));
  const log = createLog(process.env);
  const stopping = new AbortController();
  const { signal } = stopping;
  for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => stopping.abort());

  fitHeap(signal);
  const processes = createProcesses();
  const spawner = createSpawner();
  const run = createRun(spawner);
  const mounts = createMounts();
  const links = createNetwork();
  const conntrack = createConntrack();
  const sockets = createSockets();

  const recovery = recoverSwap(paths.stateDir);
  if (recovery) log.warn({ component: "backup" }, `a restore was cut short: ${recovery}`);
  const membership = membershipRecord.read(paths.stateDir);
  const store = membership ? undefined : startStore(paths, log);
  const letGo = async () => {
    await store?.letGo();
    for (const opened of [conntrack, sockets, links]) opened.close();
  };
  const folders = {
    state: join(paths.stateDir, "instances"),
    runtime: join(paths.runDir, "runtime"),
    closed: ownFolders(paths),
  };
  await makeFolders(folders, mounts);
  const lastAssignment = readSnapshot(folders.runtime, log);
  const hostName = await keepHostName(paths.stateDir, {
    recorded: async () => {
      if (lastAssignment) return [lastAssignment.host.name];
      return membership ? [membership.name] : ((await store?.hostNames(signal)) ?? []);
    },
    onUnreadable: (file) =>
      log.warn({ file }, "the kept host name cannot be read: it is set aside, and the recorded one taken"),
  }).catch(async (error: unknown) => {
    await letGo();
    throw error;
  });
  const holds = openHolds({
    ...{ file: join(paths.runDir, "fence.json"), bootId: readBootId(), now: readBootClock },
    isGuarded: () => keepsDeadlines(paths),
    onTrouble: (error) => log.warn({ component: "fence", err: error }, "cannot write the guard's deadlines"),
  });
  let servers: ServersHalf | undefined;
  const noteUncollected = (error: unknown) =>
    log.warn({ component: "images", err: error }, "cannot remove unused images");
  const images = await openImages({
    stateDir: paths.stateDir,
    unpackCommand: [process.execPath, process.argv[1] ?? "", "unpack"],
    tree: createFileCalls(),
    source: createRegistry({
      program: findOwnProgram("constellation-registry"),
      authFiles: [join(paths.stateDir, "auth.json"), ...hostAuthFiles],
      environment: process.env,
      ...{ spawner, user: unprivilegedUser },
    }),
    // Until the store has answered, nobody knows what must stay.
    inUse: () => servers?.imagesInUse(),
    maxBytes: () => servers?.imageBytes(),
    // A host gets from the servers what somebody uploaded to them, and a server from the others.
    openUpload: async (digest, until) => {
      if (servers) return await servers.openBlob(digest, until);
      throw new ConstellationError("unreachable", `open blob ${digest}: no server answers yet; try again`);
    },
    onError: noteUncollected,
    signal,
  });
  const isDiskFull = watchOwnDisk({
    freeBytes: () => freeBytesOf(paths.stateDir),
    clock: () => performance.now(),
    makeRoom: (bytes) => void images.collect(bytes).catch(noteUncollected),
  });
  const distant =
    membership &&
    followServers({
      ...{ paths, membership, version, log, signal },
      ...{ bootClock: readBootClock, isDiskFull, onHeard: holds.heard },
    });
  servers = distant;
  const facts = readMachineFacts(paths.id);
  const programs = { crun: findProgram(["crun"], process.env), conmon: findProgram(["conmon"], process.env) };
  const runtime = createRuntime(
    { folder: folders.runtime, programs, facts },
    { spawner, run, processes, mounts },
  );
  const nameServer: DnsmasqOptions = {
    ...{ folder: join(paths.runDir, "dnsmasq"), spawner, processes, signal },
    onEnd: () => network.wake(),
    onChange: (message, pid) => log.info({ component: "names", pid }, `name server ${message}`),
  };
  const tunnel = createWireguard({
    ...{ device: placesOf(paths).tunnel, keyFile: join(paths.stateDir, "wireguard.key") },
    endpointsFile: join(paths.stateDir, "wireguard.endpoints"),
    ...{ logFile: join(paths.runDir, "wireguard.log"), run, spawner, processes, signal },
    findProgram: () => findProgram(["wireguard-go"], process.env),
    onEnd: () => network.wake(),
    onChange: (message, pid) => log.info({ component: "network", pid }, `userspace tunnel ${message}`),
  });
  const network = runNetwork(
    paths,
    {
      ...{ links, tunnel, conntrack, sockets },
      names: createDnsmasq(nameServer),
      views: createDnsmasqViews({ ...nameServer, folder: join(nameServer.folder, "views") }),
      sysctls: { read: readSysctl, write: writeSysctl },
      traffic: createNftables({ table: paths.id, run }),
    },
    log.child({ component: "network" }),
    signal,
  );
  const half =
    distant ?? serveCluster({ paths, hostName, version, images, isDiskFull, log, signal }, store, holds);
  servers = half;
  const { session } = half;
  session.onPlacing(runtime.expectStart);
  const host = runHost({
    session,
    lastAssignment,
    network,
    describe: describeHost({
      name: hostName,
      version,
      cgroup: (await status(root === undefined ? {} : { root })).cgroupMode ?? facts.cgroup,
      ceilings: facts.rlimitCeilings,
      missingCapabilities: facts.missingCapabilities,
      publicKey: tunnel.publicKey,
      fences: keepsDeadlines(paths),
    }),
    createInstances: (reports, routes) =>
      createHostInstances({
        ...{ folders, host: hostName, log: log.child({ component: "instances" }) },
        ports: {
          ...{ images, mounts, runtime, reports, fence: holds },
          // Other hosts learn from the servers that one stops, however soon this one's own rules leave it out.
          network: { ...network, leadsTo: (id) => network.leadsTo(id) || routes.leadTo(id) },
        },
      }),
    signal,
  });
  const stats = createStats(hostName, {
    counters: createCgroupCounters(paths.id),
    devices: readDevices,
    deviceOf: network.deviceOf,
  });
  const running = half.run({
    access: createInstanceAccess(host.instances, runtime),
    stats: async () => await stats(host.instances.list()),
  });
  const collecting = collectImages(images, log.child({ component: "images" }), signal);

  try {
    await untilStopped(signal, [running, network.running, host.running]);
  } finally {
    stopping.abort();
    const ended = Promise.allSettled([collecting, host.running, network.running, running]);
    await Promise.race([ended, delay(limits.endMs)]);
    await letGo();
    log.info("agent stopped");
  }
}

/** unix(7): an address of a socket has room for 107 bytes. */
function requireShortPaths({ runDir }: AgentPaths, storeDir: string): void {
  const longest = Buffer.byteLength(join(storeDir, "client:0"));
  if (longest <= 107) return;
  throw new ConstellationError(
    "host-unfit",
    `start agent: ${runDir}: too long for sockets by ${longest - 107} bytes; choose a shorter root`,
  );
}

/** Now and then notes which images are in use, and removes others; a failure waits for the next time. */
async function collectImages(images: Images, log: Logger, signal: AbortSignal): Promise<void> {
  while (await delay(limits.collectMs, true, { signal }).catch(() => false)) {
    await images.collect().catch((error: unknown) => log.warn({ err: error }, "cannot remove unused images"));
  }
}

/** Ends with the signal, or with the first part that cannot go on. */
async function untilStopped(signal: AbortSignal, parts: readonly Promise<unknown>[]): Promise<void> {
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await Promise.race([aborted, ...parts.map((part) => part.then(() => aborted))]);
}

import { createSocket } from "node:dgram";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { createServer } from "node:net";
import { release } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { AgentPaths } from "../../contract/index.ts";
import { agentPaths } from "../../contract/index.ts";
import { decide } from "./decide.ts";
import { droppingChains } from "./firewall.ts";
import { foreignFolders } from "./folders.ts";
import { cgroupTrees } from "./mountinfo.ts";
import { nameServers } from "./own-processes.ts";
import { packageManagerOf, requiredPrograms } from "./packages.ts";
import { readText } from "./process-id.ts";
import { isProgramIn, kitFolders, programFolders, run } from "./programs.ts";
import type { Facts, Finding, FirewallChain, TakenPort, UpOptions } from "./types.ts";

const defaultGateway = "10.64.0.1";
/** Another preflight holds the port for as long as it looks, which is no time. */
const limits = { portLooks: 4, portPauseMs: 100 };
/** On the loopback network: only who listens on every address is in its way. */
const probeAddress = "127.53.53.53";

/** As it is mapped into a process: `libc.so.6`, before 2.34 `libc-2.31.so`. */
const glibc = /\/libc(\.so\.6|-2\.\d+\.so)$/m;

/** Looks at the machine and says all at once what keeps an agent from running on it; changes nothing. */
export async function preflight(
  options: Pick<UpOptions, "root" | "programFolders" | "gatewayAddress"> = {},
): Promise<Finding[]> {
  return decide(await observe(agentPaths(options.root), options));
}

async function observe(
  paths: AgentPaths,
  {
    programFolders: extra = kitFolders(),
    gatewayAddress = defaultGateway,
  }: Parameters<typeof preflight>[0] = {},
): Promise<Facts> {
  const isRoot = process.getuid?.() === 0;
  const folders = programFolders(extra);
  const base = nearestFolder(paths.stateDir);
  const disk = statfsSync(base);
  return {
    isRoot,
    kernelRelease: release(),
    stateDir: paths.stateDir,
    overlay: isRoot ? await tryOverlay(base) : undefined,
    controllers: readControllers(),
    missingPrograms: Object.keys(requiredPrograms).filter((name) => !isProgramIn(folders, name)),
    isGlibc: glibc.test(readFileSync("/proc/self/maps", "utf8")),
    packageManager: packageManagerOf(readText("/etc/os-release")),
    portTaken: isRoot ? await findTakenPort(paths, gatewayAddress) : undefined,
    freeBytes: disk.bavail * disk.bsize,
    hasState: existsSync(join(paths.stateDir, "etcd", "member")),
    foreignFolders: foreignFolders(paths),
    droppingChains: isRoot && isProgramIn(folders, "nft") ? await listDroppingChains(paths) : [],
    devicePrefix: paths.devicePrefix,
  };
}

/** But for tables that speak of our links already. None where nft cannot tell: it would have been warnings alone. */
async function listDroppingChains({ id, devicePrefix }: AgentPaths): Promise<Facts["droppingChains"]> {
  try {
    const found: FirewallChain[] = [];
    for (const chain of droppingChains(await run("nft", ["--json", "list", "chains"]), id)) {
      const table = await run("nft", ["list", "table", chain.family, chain.table]);
      if (!table.includes(`"${devicePrefix}*"`)) found.push(chain);
    }
    return found;
  } catch {
    return [];
  }
}

/** The folder itself or the nearest one above it that exists: on the file system where it will be. */
function nearestFolder(path: string): string {
  return existsSync(path) ? path : nearestFolder(dirname(path));
}

/** Really mounts one, in a mount namespace that ends with the child. */
async function tryOverlay(base: string): Promise<Facts["overlay"]> {
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(base, ".constellation-check-"));
    for (const name of ["lower", "upper", "work", "merged"]) mkdirSync(join(folder, name));
    const mount = 'cd "$1" && mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged';
    await run("unshare", ["--mount", "--propagation", "private", "sh", "-c", mount, "sh", folder]);
    return { works: true };
  } catch (error) {
    return { works: false, reason: error instanceof Error ? error.message : String(error) };
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true });
  }
}

/** Those of the v1 tree where there is one: the guard hides a v2 tree beside it. */
function readControllers(): string[] {
  const trees = cgroupTrees(readFileSync("/proc/self/mountinfo", "utf8"));
  const v1 = trees.flatMap((tree) => tree.controllers);
  if (v1.length > 0) return v1;
  return trees.flatMap(({ path }) => {
    const file = join(path, "cgroup.controllers");
    return existsSync(file) ? readFileSync(file, "utf8").trim().split(" ") : [];
  });
}

/** Undefined when our name server can listen, or listens already (it outlives the agent). */
async function findTakenPort(paths: AgentPaths, gatewayAddress: string): Promise<TakenPort | undefined> {
  if (await isPortTaken(probeAddress)) return { address: "every address" };
  const servers = nameServers();
  if (servers.some(({ runDir }) => runDir === paths.runDir) || !(await isPortTaken(gatewayAddress)))
    return undefined;
  const other = servers.find(({ addresses }) => addresses.includes(gatewayAddress));
  return { address: gatewayAddress, ...(other && { agent: other.runDir }) };
}

async function isPortTaken(address: string): Promise<boolean> {
  for (let look = 1; ; look++) {
    const attempts = await Promise.all([listenTcp(address), listenUdp(address)]);
    if (!attempts.includes("EADDRINUSE")) return false; // an address that does not exist yet answers EADDRNOTAVAIL
    if (look === limits.portLooks) return true;
    await delay(limits.portPauseMs);
  }
}

function listenTcp(address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen(53, address, () => server.close(() => resolve(undefined)));
  });
}

function listenUdp(address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.once("error", (error: NodeJS.ErrnoException) => socket.close(() => resolve(error.code)));
    socket.bind(53, address, () => socket.close(() => resolve(undefined)));
  });
}

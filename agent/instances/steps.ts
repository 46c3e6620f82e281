import { mkdirSync, rmSync } from "node:fs";
import type { ImageConfig } from "../../contract/images/index.ts";
import { beginLog, cutBytes } from "../logs/index.ts";
import type { Assignment, InstanceSpec, Placement } from "../session/index.ts";
import { containerOf } from "./container.ts";
import { planFiles, planSecretEnv, writeFiles } from "./files.ts";
import { makeUpper } from "./folders.ts";
import { readInside } from "./inside.ts";
import type { Places } from "./places.ts";
import type {
  ContainerLog,
  ContainerMount,
  Fence,
  Images,
  Mounts,
  Network,
  PreparedStart,
  ProcessIdentity,
  Runtime,
  Terms,
} from "./types.ts";
import { userMounts } from "./user-mounts.ts";
import { resolveUser, type UserFiles } from "./users.ts";
import { logBoundsOf, type Workload } from "./workload.ts";

/** What one start works on. The steps fill in what they make, from the top of the table to its end. */
export interface Start {
  readonly places: Places;
  /** See `Folders`. */
  readonly closed: readonly string[];
  readonly placement: Placement;
  readonly spec: InstanceSpec;
  readonly workload: Workload;
  /** On what it may run while its host is cut off; undefined: come what may. */
  readonly terms?: Terms | undefined;
  readonly assignment: Assignment;
  readonly signal: AbortSignal;
  readonly onProgress: (message: string) => void;
  image?: ImageConfig;
  lowerdirs?: readonly string[];
  prepared?: PreparedStart;
  netnsFile?: string;
  userFiles?: UserFiles;
  mounts?: readonly ContainerMount[];
  secretEnv?: Readonly<Record<string, string>>;
  process?: ProcessIdentity;
}

export interface StepPorts {
  readonly images: Images;
  readonly mounts: Mounts;
  readonly network: Network;
  readonly runtime: Runtime;
  readonly fence: Fence;
}

interface Step {
  readonly name: string;
  /** Makes it, also where some or all of it is there already. */
  do(start: Start, ports: StepPorts): Promise<void>;
  /** Takes away whatever of it is there. */
  undo(places: Places, ports: StepPorts): Promise<void>;
}

/** Starting runs top to bottom; removing bottom to top. Every step can be repeated, from any state a crash left. */
export const steps: readonly Step[] = [
  { name: "image", do: readyImage, undo: nothing },
  { name: "fence", do: holdToDeadline, undo: letGo },
  { name: "monitor", do: prepareProcess, undo: nothing },
  { name: "root", do: mountRoot, undo: unmountRoot },
  { name: "network", do: plugIn, undo: unplug },
  { name: "files", do: makeFiles, undo: removeFiles },
  { name: "process", do: startProcess, undo: removeProcess },
];

async function readyImage(start: Start, { images }: StepPorts): Promise<void> {
  const { spec, signal, onProgress } = start;
  const name = spec.service;
  let last = -1;
  start.image = await images.resolve(spec.imageDigest);
  start.lowerdirs = await images.unpack(spec.imageDigest, {
    signal,
    onProgress({ done, total }) {
      const percent = total === 0 ? 100 : Math.floor((100 * done) / total);
      if (percent !== last) onProgress(`unpacking ${name} ${percent}%`);
      last = percent;
    },
  });
}

/** Before there is a process: the guard ends whatever appears in its cgroup once its deadline has passed. */
async function holdToDeadline({ places, terms }: Start, { fence }: StepPorts): Promise<void> {
  if (terms) fence.hold(places.id, terms);
}

async function letGo({ id }: Places, { fence }: StepPorts): Promise<void> {
  fence.release(id);
}

/**
 * Layers belong to the images and stay; the images' own collection removes those that no instance needs.
 * A start that was prepared ends with the agent, or with the attempt that prepared it.
 */
async function nothing(): Promise<void> {}

/** Early: it goes on by itself while the root and the network are made. */
async function prepareProcess(start: Start, { runtime }: StepPorts): Promise<void> {
  const { places, workload } = start;
  // What a start before this one left: its root may be in use until its process is gone.
  await runtime.remove(places.id);
  start.prepared = await runtime.prepare(places.id, makeLog(places, workload));
}

async function mountRoot(start: Start, { mounts }: StepPorts): Promise<void> {
  const { root, upper, work } = start.places;
  await mounts.unmount(root);
  const lowerdirs = needed(start.lowerdirs);
  for (const folder of [root, work]) mkdirSync(folder, { recursive: true });
  makeUpper(upper, needed(lowerdirs[0]));
  await mounts.overlay({ lowerdirs, writable: { upper, work }, target: root });
}

async function unmountRoot({ root, kept }: Places, { mounts }: StepPorts): Promise<void> {
  while (await mounts.unmount(root));
  rmSync(kept, { recursive: true, force: true });
}

async function plugIn(start: Start, { network }: StepPorts): Promise<void> {
  const { id, address, membership } = start.placement;
  const cloudMetadata = start.workload.security?.cloudMetadata ?? false;
  const link = { id, address, cloudMetadata, hasNetworks: membership !== undefined };
  start.netnsFile = (await network.plugIn(link)).netnsFile;
}

async function unplug({ id }: Places, { network }: StepPorts): Promise<void> {
  await network.unplug(id);
}

async function makeFiles(start: Start): Promise<void> {
  const { places, placement, workload, assignment } = start;
  const sources = {
    placement,
    workload,
    host: assignment.host,
    secrets: assignment.secrets,
    configs: assignment.configs,
  };
  start.userFiles = {
    passwd: readInside(places.root, "/etc/passwd"),
    group: readInside(places.root, "/etc/group"),
  };
  const user = resolveUser(workload.user ?? needed(start.image).user, [], start.userFiles);
  const files = writeFiles(places.passing, planFiles(sources), user);
  start.mounts = [
    ...(await userMounts(workload, { name: assignment.host.name, closed: start.closed })),
    ...files,
  ].sort((one, other) => (one.target < other.target ? -1 : 1));
  start.secretEnv = planSecretEnv(sources);
}

async function removeFiles({ passing }: Places): Promise<void> {
  rmSync(passing, { recursive: true, force: true });
}

async function startProcess(start: Start, { fence }: StepPorts): Promise<void> {
  const { places, placement, workload, assignment } = start;
  const container = containerOf({
    placement,
    workload,
    host: assignment.host.name,
    image: needed(start.image),
    userFiles: needed(start.userFiles),
    secretEnv: needed(start.secretEnv),
    root: places.root,
    netnsFile: needed(start.netnsFile),
    mounts: needed(start.mounts),
  });
  // Asked once its cgroup is there: from then on the guard sees to it, however long this process is held up.
  start.process = await needed(start.prepared).start(container, () => fence.requireGranted(places.id));
}

function makeLog({ log }: Places, workload: Workload): ContainerLog | undefined {
  const bounds = logBoundsOf(workload);
  if (bounds === undefined) return undefined;
  beginLog(log, bounds);
  return { file: log, cutBytes: cutBytes(bounds) };
}

async function removeProcess({ id }: Places, { runtime }: StepPorts): Promise<void> {
  await runtime.remove(id);
}

/** What a step further up has made: without it the table is out of order. */
function needed<Value>(value: Value | undefined): Value {
  if (value === undefined)
    throw new TypeError("start instance: a step ran before the one whose result it needs");
  return value;
}

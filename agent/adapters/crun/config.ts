import type { Container, ContainerMount, Rlimit } from "../../instances/index.ts";
import { capabilitySet } from "./capabilities.ts";
import { type SeccompProfile, seccompProfile } from "./seccomp.ts";

/** What the machine adds to a container's own wishes. */
export interface MachineFacts {
  /** Folder of cgroups that holds this agent's containers: the agent's id. */
  readonly cgroupParent: string;
  readonly cgroup: "v1" | "v2";
  /** Whether the kernel counts swap; a limit where it does not would fail the start. */
  readonly countsSwap: boolean;
  /** Hard limits that cannot be raised here, by rlimit name; absent: no ceiling. */
  readonly rlimitCeilings: Readonly<Record<string, number>>;
  /** What no container can be given here, as `capabilityNames` has them. */
  readonly missingCapabilities: readonly string[];
  /** Processors of the machine. */
  readonly cores: number;
  /** What every container's processes get for /proc/PID/oom_score_adj: 0 to 1000. */
  readonly oomScoreAdj: number;
}

/** The filter and, where it is known, a compiled copy of it in base64. */
export interface SeccompFilter {
  readonly profile: SeccompProfile;
  readonly bpf?: string;
}

const cpuPeriodUs = 100_000;
const sharesPerCore = 1024;
const minShares = 2;
const deviceTmpfsBytes = 64 * 1024;
/** The tty group of every distribution. */
const ttyGid = 5;
/** systemd's defaults: a hard limit for those who ask, a soft one that select(2) survives. */
const openFiles: Rlimit = { soft: 1024, hard: 524_288 };

const maskedPaths = [
  "/proc/acpi",
  "/proc/asound",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/sys/devices/virtual/powercap",
  "/sys/firmware",
];
const readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/** The filter a container asks for; undefined: none. Throws `invalid` for a capability that cannot be had. */
export function wantedProfile(
  container: Container,
  { missingCapabilities }: Pick<MachineFacts, "missingCapabilities">,
): SeccompProfile | undefined {
  return container.seccomp === "unconfined"
    ? undefined
    : seccompProfile(capabilitySet(container.capabilities, missingCapabilities));
}

/**
 * A container as the OCI runtime specification 1.0 writes it: a pure function of its arguments, sorted.
 * The profile is there beside its compiled copy: a crun that does not know the annotation compiles the profile.
 * Serialize it with `serialize`: it may hold numbers past JavaScript's.
 */
export function ociConfig(container: Container, facts: MachineFacts, filter: SeccompFilter | undefined) {
  return {
    ociVersion: "1.0.0",
    ...(filter?.bpf !== undefined && { annotations: { "run.oci.seccomp_bpf_data": filter.bpf } }),
    hostname: container.hostname,
    root: { path: container.root, readonly: container.readOnlyRoot },
    process: {
      terminal: false,
      args: container.argv,
      cwd: container.workingDir,
      env: Object.entries(container.env)
        .map(([name, value]) => `${name}=${value}`)
        .sort(),
      user: {
        uid: container.user.uid,
        gid: container.user.gid,
        additionalGids: [...container.user.groups].sort((one, other) => one - other),
      },
      capabilities: capabilities(container, facts.missingCapabilities),
      noNewPrivileges: container.noNewPrivileges,
      rlimits: rlimits(container.rlimits, facts.rlimitCeilings),
      oomScoreAdj: facts.oomScoreAdj,
    },
    mounts: [...systemMounts(container), ...container.mounts.map(mountEntry)],
    linux: {
      cgroupsPath: `/${facts.cgroupParent}/${container.id}`,
      namespaces: [
        ...(facts.cgroup === "v2" ? [{ type: "cgroup" }] : []),
        { type: "ipc" },
        { type: "mount" },
        { type: "network", path: container.netnsFile },
        { type: "pid" },
        { type: "uts" },
      ],
      maskedPaths,
      readonlyPaths,
      resources: resources(container, facts),
      ...(filter && { seccomp: filter.profile }),
    },
  };
}

/** JSON; -1 among the rlimits became the kernel's "no limit", 2^64 - 1, which JavaScript's numbers cannot hold. */
export function serialize(config: unknown): string {
  return JSON.stringify(config).replaceAll(`"${noLimit}"`, "18446744073709551615");
}

const noLimit = "rlimit:infinity";

/** Only root keeps rights over others through exec(2): anybody else gets none, whatever the bounding set. */
function capabilities(container: Container, missing: readonly string[]) {
  const bounding = capabilitySet(container.capabilities, missing);
  const held = container.user.uid === 0 ? bounding : [];
  return { bounding, effective: held, permitted: held, inheritable: [], ambient: [] };
}

function rlimits(wanted: Container["rlimits"], ceilings: MachineFacts["rlimitCeilings"]) {
  return Object.entries({ nofile: openFiles, ...wanted })
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, { soft, hard }]) => {
      const ceiling = ceilings[name];
      return {
        type: `RLIMIT_${name.toUpperCase()}`,
        soft: within(soft, ceiling),
        hard: within(hard, ceiling),
      };
    });
}

function within(value: number, ceiling: number | undefined): number | string {
  if (ceiling === undefined) return value === -1 ? noLimit : value;
  return value === -1 ? ceiling : Math.min(value, ceiling);
}

/** A container's part of the processors under contention, once it runs. */
export function sharesOf({ resources: { cpu } }: Container): number {
  return Math.max(minShares, Math.round(cpu * sharesPerCore));
}

function resources(container: Container, { countsSwap, cores }: MachineFacts) {
  const { cpuLimit, memoryLimitBytes, pidsLimit } = container.resources;
  return {
    cpu: {
      // While it is made: as much as all that runs may have reserved together; see weights.ts.
      shares: Math.max(sharesOf(container), cores * sharesPerCore),
      ...(cpuLimit !== undefined && { quota: Math.round(cpuLimit * cpuPeriodUs), period: cpuPeriodUs }),
    },
    // crun adds the devices every container has (null, zero, random, tty ...) to this.
    devices: [{ allow: false, access: "rwm" }],
    ...(memoryLimitBytes !== undefined && {
      memory: { limit: memoryLimitBytes, ...(countsSwap && { swap: memoryLimitBytes }) },
    }),
    pids: { limit: pidsLimit },
  };
}

function systemMounts({ shmBytes }: Container) {
  const guarded = ["nosuid", "noexec", "nodev"];
  return [
    entry("/proc", "proc", guarded),
    entry("/dev", "tmpfs", ["nosuid", "strictatime", "mode=755", `size=${deviceTmpfsBytes}`]),
    entry("/dev/pts", "devpts", [
      "nosuid",
      "noexec",
      "newinstance",
      "ptmxmode=0666",
      "mode=0620",
      `gid=${ttyGid}`,
    ]),
    entry("/dev/mqueue", "mqueue", guarded),
    entry("/dev/shm", "tmpfs", [...guarded, "mode=1777", `size=${shmBytes}`]),
    entry("/sys", "sysfs", [...guarded, "ro"]),
    entry("/sys/fs/cgroup", "cgroup", [...guarded, "relatime", "ro"]),
  ];
}

function mountEntry(mount: ContainerMount) {
  const access = mount.readOnly ? "ro" : "rw";
  if (mount.kind === "bind") {
    return {
      destination: mount.target,
      type: "bind",
      source: mount.source,
      options: ["rbind", "rprivate", access],
    };
  }
  return entry(mount.target, "tmpfs", [
    "nosuid",
    "nodev",
    `mode=${mount.mode}`,
    `size=${mount.sizeBytes}`,
    access,
  ]);
}

function entry(destination: string, type: string, options: readonly string[]) {
  return { destination, type, source: type, options };
}

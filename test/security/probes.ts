/** What a hostile root of a container tries, what it gets, and where the same probe gets on: no refusal is worth a thing without. */
export interface Probe {
  readonly title: string;
  /** For `attacker/`; `$RUN` and `$STATE` are the agent's folders, `$ATTACK` the program's own. */
  readonly attempt: string;
  readonly refused: RegExp;
  /** `loose`: a container with the right to do it; `host`: root of the machine. */
  readonly control: "loose" | "host";
  /** What the control does in place of it. */
  readonly instead?: string;
  readonly allowed: RegExp;
}

const filtered = /^(EPERM|ENOSYS)$/;

/** Calls with arguments that are wrong: whatever the kernel says of them, it is not what the filter says. */
const calls = [
  ["add_key", /^EFAULT$/],
  ["bpf", /^(EINVAL|E2BIG|EFAULT)$/],
  ["fanotify_init", /^(ok|EINVAL|EMFILE)$/],
  ["fsopen", /^EFAULT$/],
  ["io_uring_setup", /^EFAULT$/],
  ["keyctl", /^ok$/],
  ["move_mount", /^EFAULT$/],
  ["open_by_handle_at", /^EFAULT$/],
  ["open_tree", /^EFAULT$/],
  ["perf_event_open", /^EFAULT$/],
  ["quotactl", /^(ENODEV|EFAULT|EINVAL)$/],
  ["request_key", /^EFAULT$/],
  ["swapon", /^EFAULT$/],
  ["syslog", /^ok$/],
  ["umount2", /^EFAULT$/],
  ["userfaultfd", /^ok$/],
] as const;

export const probes: readonly Probe[] = [
  ...calls.map(([name, allowed]) => ({
    title: `the system call ${name}`,
    attempt: `call ${name}`,
    refused: filtered,
    control: "loose" as const,
    allowed,
  })),
  ...[
    ["a file system in memory", "none /dev/shm tmpfs 0"],
    ["another /proc", "none /dev/shm proc 0"],
  ].map(([what, mount]) => ({
    title: `mounting ${what}`,
    attempt: `mount ${mount}`,
    refused: /^EPERM$/,
    control: "loose" as const,
    allowed: /^ok$/,
  })),
  ...[
    ["user", "0x10000000"],
    ["mount", "0x20000"],
    ["network", "0x40000000"],
  ].map(([what, flag]) => ({
    title: `a ${what} namespace of its own`,
    attempt: `clone ${flag}`,
    refused: filtered,
    control: "loose" as const,
    allowed: /^ok$/,
  })),
  {
    title: "unsharing its mounts",
    attempt: "unshare 0x20000",
    refused: /^EPERM$/,
    control: "loose",
    allowed: /^ok$/,
  },
  {
    title: "entering a namespace",
    attempt: "setns /proc/1/ns/uts",
    refused: /^EPERM$/,
    control: "loose",
    allowed: /^ok$/,
  },
  {
    title: "another root",
    attempt: "pivot /nowhere",
    refused: /^EPERM$/,
    control: "loose",
    allowed: /^ENOENT$/,
  },
  ...[
    ["the kernel's log", "c 1 11"],
    ["a tunnel", "c 10 200"],
  ].map(([what, device]) => ({
    title: `a device of its own for ${what}`,
    attempt: `mknod /tmp/device ${device}`,
    refused: /^EPERM$/,
    control: "host" as const,
    allowed: /^ok$/,
  })),
  ...[
    ["the agent's socket", "unix $RUN/agent.sock"],
    ["the store's socket", "unix $RUN/etcd/client:0"],
    ["the key of all secrets", "read $STATE/secrets.key"],
    ["the agent's log", "read $STATE/agent.log"],
  ].map(([what, attempt]) => ({
    title: `${what} by its path`,
    attempt: `${attempt}`,
    refused: /^ENOENT$/,
    control: "host" as const,
    allowed: /^ok/,
  })),
  ...["/proc/keys", "/proc/timer_list"].map((path) => ({
    title: `what ${path} tells of the host`,
    attempt: `read ${path}`,
    refused: /^empty$/,
    control: "host" as const,
    allowed: /^ok "/,
  })),
  {
    title: "a program of the host by its number",
    attempt: "signal $AGENT",
    refused: /^ESRCH$/,
    control: "host",
    allowed: /^ok$/,
  },
  {
    title: "the memory of a program of the host",
    attempt: "trace $AGENT",
    refused: /^ESRCH$/,
    control: "host",
    allowed: /^ok$/,
  },
  {
    title: "an abstract socket of the host",
    attempt: "unix @abstract",
    refused: /^ECONNREFUSED$/,
    control: "host",
    allowed: /^ok$/,
  },
  {
    title: "what listens on the host's loopback",
    attempt: "tcp 127.0.0.1:7777",
    refused: /^ECONNREFUSED$/,
    control: "host",
    allowed: /^ok$/,
  },
  {
    title: "its own cgroup's limits",
    attempt: "write $CGROUP/cgroup.procs",
    refused: /^EROFS$/,
    control: "host",
    allowed: /^ok$/,
  },
  {
    title: "the kernel's settings of the network",
    attempt: "write /proc/sys/net/ipv4/ip_forward",
    refused: /^EROFS$/,
    control: "host",
    allowed: /^ok$/,
  },
  {
    title: "the program the kernel starts for core dumps",
    attempt: "write /proc/sys/kernel/core_pattern",
    refused: /^EROFS$/,
    control: "loose",
    instead: "mount none /dev/shm proc 0 && $TRY write /dev/shm/sys/kernel/core_pattern",
    allowed: /^ok\nok$/,
  },
  {
    title: "a set-user-id program's rights",
    attempt: "setuid /tmp/su",
    refused: /^ok ok 12345$/,
    control: "loose",
    allowed: /^ok ok 0$/,
  },
];

/** Something an agent keeps on its machine. */
export interface KeptFile {
  /** `state` survives a reboot, `run` does not; see `agentPaths`. */
  readonly folder: "state" | "run";
  /** Within the folder; a folder ends with a slash. */
  readonly name: string;
  /** For whoever meets it. */
  readonly doc: string;
  /** What keeps it from growing. */
  readonly bound: string;
}

const aFew = "a few bytes";

/** Every entry of an agent's two folders, but for `.new` files that are being written. A test compares it with a machine. */
export const keptFiles: readonly KeptFile[] = [
  {
    folder: "state",
    name: ".constellation",
    doc: "Says whose folder it is: one without it is never touched.",
    bound: aFew,
  },
  {
    folder: "state",
    name: "etcd/",
    doc: "The store: the cluster's state.",
    bound: "512 MiB, then writes are refused",
  },
  {
    folder: "state",
    name: "secrets.key",
    doc: "Seals the store's secrets. Lost, they are lost: a backup holds it.",
    bound: "32 bytes",
  },
  {
    folder: "state",
    name: "identity/",
    doc: "On a cluster's machines, once there is more than one: its key and certificate; on servers the CA's too, which a backup holds.",
    bound: "four small files",
  },
  {
    folder: "state",
    name: "membership.json",
    doc: "On a host that joined a cluster: which one, and where its servers are.",
    bound: aFew,
  },
  {
    folder: "state",
    name: "machine-id",
    doc: "On a machine without `/etc/machine-id`: what tells it from others.",
    bound: aFew,
  },
  {
    folder: "state",
    name: "wireguard.key",
    doc: "The private key of its tunnels to other hosts; lost, the next one is made and told to them.",
    bound: aFew,
  },
  {
    folder: "state",
    name: "wireguard.endpoints",
    doc: "Where hosts were last that can only dial out: a tunnel made anew speaks to them first.",
    bound: "some 80 bytes a host",
  },
  {
    folder: "state",
    name: "server.json",
    doc: "On one of several servers: its cluster, and where the others reach its store.",
    bound: aFew,
  },
  { folder: "state", name: "host-name", doc: "This host's name in the cluster.", bound: aFew },
  {
    folder: "state",
    name: "auth.json",
    doc: "Yours, if you put it there: credentials of registries, as `docker login` writes them. A backup holds it.",
    bound: "",
  },
  {
    folder: "state",
    name: "images/",
    doc: "Images: their blobs, and unpacked layers.",
    bound: "what no service needs goes, oldest first",
  },
  {
    folder: "state",
    name: "instances/",
    doc: "A folder an instance: what it wrote to its root, its logs (`log`, `log.1` ...), its record.",
    bound: "logs by the service's `logging`; gone with the instance",
  },
  {
    folder: "state",
    name: "sysctls.json",
    doc: "What was changed of the machine's settings, to put it back.",
    bound: aFew,
  },
  {
    folder: "state",
    name: "agent.log",
    doc: "What the agent and its guard say: JSON lines.",
    bound: "10 MiB, and two older ones (`.1`, `.2`)",
  },
  {
    folder: "state",
    name: "etcd.log",
    doc: "What the store says.",
    bound: "4 MiB, and one older one (`.1`)",
  },
  {
    folder: "state",
    name: "guard.env",
    doc: "Under systemd or OpenRC: the guard's environment.",
    bound: aFew,
  },
  {
    folder: "state",
    name: "replaced/",
    doc: "What a restore replaced: the store, its key, the host's name. During a restore also `replaced.new`.",
    bound: "one, until the next restore",
  },
  {
    folder: "state",
    name: "restored/",
    doc: "During a restore: what is to be put in place. One that was cut short leaves it to the next.",
    bound: "one, until the next restore",
  },
  { folder: "run", name: ".constellation", doc: "As in the state folder.", bound: aFew },
  { folder: "run", name: "agent.sock", doc: "The API.", bound: "" },
  { folder: "run", name: "guard.json", doc: "Who guards, and whom.", bound: aFew },
  { folder: "run", name: "guard.lock", doc: "Held by the one guard.", bound: "empty" },
  { folder: "run", name: "agent.lock", doc: "Held by the agent: a guard finds it by this.", bound: "empty" },
  {
    folder: "run",
    name: "handover.json",
    doc: "During an upgrade: the program that is to be the agent.",
    bound: aFew,
  },
  { folder: "run", name: "etcd/", doc: "The store's sockets, for root alone.", bound: "" },
  {
    folder: "run",
    name: "dnsmasq/",
    doc: "The name server's configuration, names and log.",
    bound: "its log: 1 MiB, and one older one",
  },
  {
    folder: "run",
    name: "runtime/",
    doc: "Running containers, what they are to be, secrets: in memory, for root alone.",
    bound: "gone with the instance",
  },
  {
    folder: "run",
    name: "netns/",
    doc: "Pins of instances' network namespaces.",
    bound: "gone with the instance",
  },
  {
    folder: "run",
    name: "wireguard.log",
    doc: "Where the kernel has no WireGuard: what the process says that holds the tunnels.",
    bound: "1 MiB, and one older one (`.1`)",
  },
  { folder: "run", name: "network/", doc: "What the packet rules know of UDP.", bound: aFew },
  {
    folder: "run",
    name: "pins/",
    doc: "On machines with both cgroup trees: the agent's mount namespace.",
    bound: "one",
  },
];

/**
 * The commands, in the order of `--help`. This table is the whole interface; help, parsing and completion loop over it.
 * Each action is in a file of its own, loaded when called, and sees the cluster as any client of the API does.
 */
import type { ArgumentSpec, CommandSpec, OptionSpec } from "../session/index.ts";
import { destination } from "./destination.ts";
import { intervalMs, lookCount, waitMs } from "./interval.ts";
import { lineCount } from "./line-count.ts";

const follow: OptionSpec = { flags: "-f, --follow", doc: "Go on as more comes, until Ctrl-C." };
const service: OptionSpec = {
  flags: "--service <name>",
  doc: "Only of this service.",
  completes: "service",
};

const host: ArgumentSpec = { syntax: "<host>", doc: "A host, as in constellation hosts.", completes: "host" };

const passphraseFile: OptionSpec = {
  flags: "--passphrase-file <file>",
  doc: "Its first line is the passphrase (default: $CONSTELLATION_BACKUP_PASSPHRASE, else asked for).",
  completes: "file",
};

/** What every command takes, before or after its name. */
export const globalOptions: readonly OptionSpec[] = [
  {
    flags: "-c, --connect <machine>",
    doc: "The cluster of another machine, by ssh: a context, USER@HOST or a Host of ~/.ssh/config (default: $CONSTELLATION_CONNECT, $CONSTELLATION_CONTEXT, the current context, this machine).",
    parse: destination,
    completes: "context",
  },
  {
    flags: "--root <folder>",
    doc: "The agent's root folder (default: $CONSTELLATION_ROOT, else the machine's agent).",
    completes: "folder",
  },
  {
    flags: "-n, --namespace <name>",
    doc: "The namespace (default: all in a listing, `default` for a name).",
    completes: "namespace",
  },
  { flags: "--json", doc: "Print JSON, for programs." },
  { flags: "--no-color", doc: "No colours; they are also off in a pipe and with NO_COLOR." },
];

export const commands: readonly CommandSpec[] = [
  {
    name: "ps",
    summary: "List instances: where they run, since when, how they are.",
    options: [service],
    examples: [
      ["constellation ps", "every instance of the cluster"],
      ["constellation ps -n shop --service web", "those of one service"],
      ["constellation ps --json", "as the API answers"],
    ],
    load: async () => (await import("./ps.ts")).ps,
  },
  {
    name: "top",
    summary: "Show what instances use, live: processor, memory, network.",
    options: [
      service,
      {
        flags: "--sort <by>",
        doc: "cpu, memory or name (default: cpu).",
        completes: ["cpu", "memory", "name"],
      },
      { flags: "--interval <time>", doc: 'Between two looks (default: "2s").', parse: intervalMs },
      {
        flags: "--count <looks>",
        doc: "End after so many (default: 1 in a pipe, else until q).",
        parse: lookCount,
      },
    ],
    examples: [
      ["constellation top", "refreshed in place; q ends it"],
      ["constellation top -n shop --sort memory", "one namespace, the largest first"],
      ["constellation top --json --count 10 --interval 1s", "one JSON object a look"],
    ],
    load: async () => (await import("./top.ts")).top,
  },
  {
    name: "services",
    summary: "List services: how many instances are healthy, where they are reached.",
    examples: [
      ["constellation services", "all of them"],
      ["constellation services -n shop --json", "one namespace's, with their inputs, outputs and status"],
    ],
    load: async () => (await import("./services.ts")).services,
  },
  {
    name: "hosts",
    summary: "List hosts: their room, and how much of it is reserved.",
    examples: [["constellation hosts", "the machines of the cluster"]],
    load: async () => (await import("./hosts.ts")).hosts,
  },
  {
    name: "servers",
    summary: "List servers: whether they answer, and which one leads.",
    examples: [["constellation servers", "the hosts that keep the cluster's state"]],
    load: async () => (await import("./servers.ts")).servers,
  },
  {
    name: "remove-server",
    summary: "Remove a server that is gone for good; refused where the others would be no majority.",
    arguments: [{ syntax: "<server>", doc: "A server, as in constellation servers.", completes: "host" }],
    examples: [["constellation remove-server host1", "another one may take its place"]],
    load: async () => (await import("./remove-server.ts")).removeServer,
  },
  {
    name: "cordon",
    summary: "Let a host take no new instances; those on it stay.",
    arguments: [host],
    examples: [["constellation cordon host2", "until constellation uncordon host2"]],
    load: async () => (await import("./cordon.ts")).cordon,
  },
  {
    name: "uncordon",
    summary: "Let a host take instances again, after cordon or drain.",
    arguments: [host],
    examples: [["constellation uncordon host2", "what it could take may move there"]],
    load: async () => (await import("./cordon.ts")).uncordon,
  },
  {
    name: "drain",
    summary: "Move everything off a host, keeping what services need to be up, and let nothing come back.",
    arguments: [host],
    options: [
      {
        flags: "--timeout <time>",
        doc: 'How long to wait until nothing is left (default: "5m"); the host stays drained of new ones.',
        parse: waitMs,
      },
    ],
    examples: [["constellation drain host2 --timeout 10m", "before its kernel is updated"]],
    load: async () => (await import("./drain.ts")).drain,
  },
  {
    name: "describe",
    summary: "Show what is wanted, what is there, and what happened.",
    arguments: [
      {
        syntax: "<name>",
        doc: "A service or other document, a slot (web-0) or an instance's id; NAMESPACE/NAME outside of -n.",
        completes: "target",
      },
    ],
    options: [
      {
        flags: "--kind <kind>",
        doc: "Only a document of this kind: service, secret, ...",
        completes: "kind",
      },
      { flags: "--tail <events>", doc: "How many past events to show (default: 20).", parse: lineCount },
    ],
    examples: [
      ["constellation describe web", "a service: what is wanted, its instances, why one is missing"],
      ["constellation describe web-0", "the instance in a slot"],
      ["constellation describe --kind secret db -n shop", "another document; secrets show as digests only"],
    ],
    load: async () => (await import("./describe.ts")).describe,
  },
  {
    name: "explain",
    summary: "Say where a service's instances are and why, or why nowhere.",
    arguments: [
      { syntax: "<service>", doc: "A service; NAMESPACE/NAME outside of -n.", completes: "service" },
    ],
    examples: [["constellation explain web", "also what speaks against each host"]],
    load: async () => (await import("./explain.ts")).explain,
  },
  {
    name: "events",
    summary: "Show changes: of documents, of instances, what was decided, with who and why.",
    options: [
      service,
      { flags: "--tail <events>", doc: "How many past events (default: 50).", parse: lineCount },
      follow,
    ],
    examples: [
      ["constellation events", "the last 50"],
      ["constellation events -f --tail 0", "what happens from now on"],
      ["constellation events -f --json", "one JSON object a line"],
    ],
    load: async () => (await import("./events.ts")).events,
  },
  {
    name: "logs",
    summary: "Print what instances wrote, also before a restart.",
    arguments: [
      {
        syntax: "<name>",
        doc: "An instance's id, a slot (web-0), or a service: all its instances, each line with its slot.",
        completes: "workload",
      },
    ],
    options: [
      follow,
      { flags: "--tail <lines>", doc: "Only the last lines of each instance.", parse: lineCount },
      { flags: "--since <time>", doc: 'Only newer lines: "5m" ago, or an RFC 3339 time.' },
      { flags: "-t, --timestamps", doc: "Begin each line with its time." },
    ],
    examples: [
      ["constellation logs web-0", "one instance"],
      ["constellation logs -f --tail 10 web", "a service, also the instances that start from now on"],
      ["constellation logs --since 5m web", "the last five minutes"],
    ],
    load: async () => (await import("./logs.ts")).logs,
  },
  {
    name: "exec",
    summary: "Run a command inside an instance; its exit code becomes this one's.",
    arguments: [
      {
        syntax: "<name>",
        doc: "An instance's id, a slot, or a service with one instance.",
        completes: "instance",
      },
      { syntax: "<command...>", doc: "What to run; put -- before it." },
    ],
    options: [
      { flags: "-i, --interactive", doc: "Pass standard input on." },
      { flags: "-t, --tty", doc: "Give it a terminal." },
      { flags: "-u, --user <user>", doc: "Run as this user (default: the instance's)." },
      { flags: "-w, --workdir <folder>", doc: "Run in this folder." },
    ],
    examples: [
      ["constellation exec web-0 -- cat /etc/hosts", "what it prints, and its exit code"],
      ["constellation exec -it web-0 -- sh", "a shell"],
      ["echo PING | constellation exec -i redis -- redis-cli", "with input from a pipe"],
    ],
    load: async () => (await import("./exec.ts")).exec,
  },
  {
    name: "diagnose",
    summary: "Write one file that says how everything is, without secrets, for somebody else to read.",
    options: [
      {
        flags: "-o, --output <file>",
        doc: "Where to; - is standard output (default: constellation-HOST-TIME.tar.gz here).",
        completes: "file",
      },
      { flags: "--instance-logs", doc: "Also the last lines of every instance: they say what programs say." },
    ],
    examples: [
      ["constellation diagnose", "also where the agent or its store is down"],
      ["constellation diagnose -o - | tar -tz", "what is in it"],
    ],
    load: async () => (await import("./diagnose.ts")).diagnose,
  },
  {
    name: "backup",
    summary: "Write the cluster's state to a file, encrypted.",
    arguments: [{ syntax: "<file>", doc: "Where to; one that is there is replaced.", completes: "file" }],
    options: [passphraseFile],
    examples: [
      ["constellation backup cluster.backup", "asks for a passphrase, twice"],
      ["constellation backup --passphrase-file key cluster.backup", "from a timer"],
    ],
    load: async () => (await import("./backup.ts")).backup,
  },
  {
    name: "restore",
    summary: "Put a backup in the place of what is on this machine.",
    arguments: [{ syntax: "<file>", doc: "A backup.", completes: "file" }],
    options: [
      passphraseFile,
      { flags: "--force", doc: "Also where a cluster, or a store that does not answer, is replaced." },
    ],
    examples: [
      ["constellation restore cluster.backup", "on an empty machine"],
      ["constellation restore --force cluster.backup", "in the place of a damaged store"],
    ],
    load: async () => (await import("./restore.ts")).restore,
  },
  {
    name: "context",
    summary: "Keep names for clusters elsewhere, and choose the one to ask.",
    arguments: [
      {
        syntax: "[action]",
        doc: "add, use, list or remove (default: list).",
        completes: ["add", "use", "list", "remove"],
      },
      { syntax: "[name]", doc: "A context; default is this machine.", completes: "context" },
      { syntax: "[where]", doc: "For add: USER@HOST or a Host of ~/.ssh/config." },
    ],
    examples: [
      ["constellation context add prod root@10.0.0.1", "from then on: constellation -c prod ps"],
      ["constellation context use prod", "for all commands without -c; use default for this machine"],
      ["constellation context list", "with the current one marked"],
      ["constellation context remove prod", "the cluster itself is left alone"],
    ],
    load: async () => (await import("./context.ts")).context,
  },
  {
    name: "new",
    summary: "Write a program folder to start from.",
    arguments: [{ syntax: "<folder>", doc: "Where; it must be empty or not exist.", completes: "folder" }],
    options: [
      {
        flags: "-l, --language <language>",
        doc: "typescript, yaml or python (default: typescript).",
        completes: ["typescript", "yaml", "python"],
      },
      { flags: "--cluster", doc: "Also make the cluster; done by itself where no agent runs." },
      { flags: "--no-cluster", doc: "Use the cluster of this machine's agent." },
    ],
    examples: [
      ["constellation new ../shop", "then: cd ../shop && npm install && pulumi stack init dev && pulumi up"],
      ["constellation new --language yaml ../shop", "a program without a language"],
    ],
    load: async () => (await import("./new.ts")).newProgram,
  },
  {
    name: "completion",
    summary: "Print a shell's completion script.",
    arguments: [{ syntax: "<shell>", doc: "bash, zsh or fish.", completes: ["bash", "zsh", "fish"] }],
    examples: [
      ['eval "$(constellation completion bash)"', "in ~/.bashrc"],
      ['eval "$(constellation completion zsh)"', "in ~/.zshrc, after compinit"],
      ["constellation completion fish | source", "in ~/.config/fish/config.fish"],
    ],
    load: async () => (await import("./completion.ts")).completion,
  },
  {
    name: "version",
    summary: "Show the versions of this command and of the agent.",
    examples: [["constellation version", "the agent's only where one answers"]],
    load: async () => (await import("./version.ts")).version,
  },
];

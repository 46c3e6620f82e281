import { isIP } from "node:net";
import * as z from "zod";
import { nearest } from "./nearest.ts";

/** Names that the kernel gives a meaning, so that a misspelt one is refused before anything is touched. */

/** capabilities(7) without `CAP_`, in order of their numbers. */
export const capabilityNames = [
  "CHOWN",
  "DAC_OVERRIDE",
  "DAC_READ_SEARCH",
  "FOWNER",
  "FSETID",
  "KILL",
  "SETGID",
  "SETUID",
  "SETPCAP",
  "LINUX_IMMUTABLE",
  "NET_BIND_SERVICE",
  "NET_BROADCAST",
  "NET_ADMIN",
  "NET_RAW",
  "IPC_LOCK",
  "IPC_OWNER",
  "SYS_MODULE",
  "SYS_RAWIO",
  "SYS_CHROOT",
  "SYS_PTRACE",
  "SYS_PACCT",
  "SYS_ADMIN",
  "SYS_BOOT",
  "SYS_NICE",
  "SYS_RESOURCE",
  "SYS_TIME",
  "SYS_TTY_CONFIG",
  "MKNOD",
  "LEASE",
  "AUDIT_WRITE",
  "AUDIT_CONTROL",
  "SETFCAP",
  "MAC_OVERRIDE",
  "MAC_ADMIN",
  "SYSLOG",
  "WAKE_ALARM",
  "BLOCK_SUSPEND",
  "AUDIT_READ",
  "PERFMON",
  "BPF",
  "CHECKPOINT_RESTORE",
] as const;

/** setrlimit(2) without `RLIMIT_`, in lower case. */
const ulimitNames = [
  ...["as", "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss"],
  ...["rtprio", "rttime", "sigpending", "stack"],
];

/** signal(7); real-time ones are numbered from `SIGRTMIN` or `SIGRTMAX`. */
const signalNames = [
  ...[
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGILL",
    "SIGTRAP",
    "SIGABRT",
    "SIGBUS",
    "SIGFPE",
    "SIGKILL",
    "SIGUSR1",
  ],
  ...["SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP"],
  ...["SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH"],
  ...["SIGIO", "SIGPWR", "SIGSYS"],
];
const realTimeSignal = /^SIG(RTMIN(\+([0-9]|[12][0-9]|30))?|RTMAX(-([0-9]|[12][0-9]|30))?)$/;

/** With or without `CAP_`, in any case; `ALL` is every one. */
export const capabilityName = known("capability", ["ALL", ...capabilityNames], bareCapability);

/** As `capabilityNames` has it. */
export function bareCapability(text: string): string {
  return text.toUpperCase().replace(/^CAP_/, "");
}

export const ulimitName = known("ulimit", ulimitNames, (text) => text);

export const signalName = z.string().superRefine((text, context) => {
  if (realTimeSignal.test(text) || signalNames.includes(text)) return;
  context.addIssue({ code: "custom", message: refusal("signal", text, signalNames) });
});

export const ipAddress = z
  .string()
  .refine((text) => isIP(text) !== 0, { error: (issue) => `"${String(issue.input)}" is no IP address` });

function known(what: string, names: readonly string[], read: (text: string) => string) {
  return z.string().superRefine((text, context) => {
    if (names.includes(read(text))) return;
    context.addIssue({ code: "custom", message: refusal(what, text, names) });
  });
}

function refusal(what: string, text: string, names: readonly string[]): string {
  const meant = nearest(text, names);
  return `"${text}" is no ${what}${meant === undefined ? "" : `; did you mean "${meant}"?`}`;
}

import { ConstellationError, type ErrorCode } from "../../../contract/index.ts";

interface Meaning {
  /** Default: `invalid`. */
  readonly code?: ErrorCode;
  readonly pattern: RegExp;
  readonly say: (match: RegExpExecArray) => string;
}

/**
 * crun reports in words alone, so words are all there is to tell a user's mistake from the machine's.
 * First match wins; what no line matches is the machine's, in crun's own words.
 */
const meanings: readonly Meaning[] = [
  {
    code: "command-missing",
    pattern: /executable file `([^`]*)` not found/,
    say: ([, name]) => `command not found: ${name}; correct \`command\` or add it to the image`,
  },
  {
    code: "command-invalid",
    pattern:
      /(?:open executable|exec[a-z]*|is not executable)[^:]*: (?:Permission denied|Operation not permitted|Exec format error)/,
    say: () =>
      "command cannot be executed: it must be a file, executable, for this machine's processor, with #! where it is a script",
  },
  {
    pattern: /chdir[^:]*: (.*)/,
    say: ([, why]) => `working folder cannot be entered: ${why}; correct \`workingDir\``,
  },
  {
    pattern: /mkdir[^:]*`([^`]*)`: (.*)/,
    say: ([, path, why]) =>
      `mount target ${path} cannot be made: ${why}; choose another or add it to the image`,
  },
  {
    pattern: /invalid rlimit `RLIMIT_(\w+)`/,
    say: ([, name]) => `no ulimit is called ${name?.toLowerCase()}; see setrlimit(2)`,
  },
  {
    pattern: /setrlimit `RLIMIT_(\w+)`: Operation not permitted/,
    say: ([, name]) => `ulimit ${name?.toLowerCase()} is above what this machine allows; lower it`,
  },
  {
    pattern: /setrlimit `RLIMIT_(\w+)`: Invalid argument/,
    say: ([, name]) => `ulimit ${name?.toLowerCase()} has a soft limit above its hard one; lower \`soft\``,
  },
  {
    pattern: /(?:memory\.limit_in_bytes|memory\.max)[^:]*: .*(?:busy|Invalid)/i,
    say: () => "memory limit is below what starting it takes; raise `resources.memory`",
  },
];

/** The error for what crun or conmon said when a container or a command in it did not start. */
export function startFailure(said: string): ConstellationError {
  const words = said.trim().replaceAll(/\s+/g, " ");
  for (const { code = "invalid", pattern, say } of meanings) {
    const match = pattern.exec(words);
    if (match) return new ConstellationError(code, say(match), { cause: words });
  }
  return new ConstellationError("host-unfit", `container runtime: ${words || "ended without a word"}`);
}

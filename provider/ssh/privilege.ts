import { ConstellationError } from "../../contract/index.ts";
import { whereOf } from "./failures.ts";
import { limits } from "./limits.ts";
import { quote } from "./quote.ts";
import type { Outcome, Ssh, Target } from "./types.ts";

/** How a command gets root's rights. */
export interface Privilege {
  readonly wrap: (command: string) => string;
  /** What goes before its input: sudo's password, never on a command line. */
  readonly preamble: string;
}

/**
 * Finds it out once a login. `-k` has sudo ask anew each time: a password it did not ask for would go to the command.
 * Throws `login-denied` where sudo refuses, `host-unfit` where there is no sudo.
 */
export async function findPrivilege(run: Ssh["run"], target: Target): Promise<Privilege> {
  const { timeoutMs } = { timeoutMs: limits.privilegeMs };
  const who = await run("id -u", { timeoutMs });
  if (who.stdout.trim() === "0") return { wrap: inShell, preamble: "" };
  const free = await run("sudo -n -k true", { timeoutMs });
  if (free.code === 0) return { wrap: (command) => `sudo -n -k ${inShell(command)}`, preamble: "" };
  if (free.code === 127 || /not found/.test(free.stderr)) throw unfit(target, "there is no sudo");
  if (/tty/.test(free.stderr)) throw unfit(target, "its sudo wants a terminal (requiretty)");
  if (target.password === undefined)
    throw denied(target, "sudo asks for a password, and none is given", free);
  const preamble = `${target.password}\n`;
  const wrap = (command: string) => `sudo -S -k -p '' ${inShell(command)}`;
  const asked = await run(wrap("true"), { timeoutMs, input: preamble, name: "sudo" });
  if (asked.code === 0) return { wrap, preamble };
  throw denied(target, "sudo refuses the password", asked);
}

const inShell = (command: string) => `sh -c ${quote(command)}`;

function denied({ user, ...login }: Target, reason: string, { stderr }: Outcome): ConstellationError {
  const said = stderr.trim().split("\n").at(-1)?.slice(0, limits.shownBytes) ?? "";
  return new ConstellationError(
    "login-denied",
    `become root on ${whereOf(login)} as ${user}: ${reason}${said === "" ? "" : ` (${said})`}; let the user run everything by sudo, with NOPASSWD or with its password in ssh.password`,
  );
}

function unfit({ user, ...login }: Target, reason: string): ConstellationError {
  return new ConstellationError(
    "host-unfit",
    `become root on ${whereOf(login)} as ${user}: ${reason}; log in as root, or install sudo and let the user run everything by it`,
  );
}

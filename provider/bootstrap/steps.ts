import { ConstellationError, isNewer, type JoinToken } from "../../contract/index.ts";
import { agentProgramPath } from "../machines/index.ts";
import { quote } from "../ssh/index.ts";
import { runAgent } from "./agent-command.ts";
import { examine } from "./examine.ts";
import { judgeJoining } from "./judge-joining.ts";
import { limits } from "./limits.ts";
import { refuse } from "./refuse.ts";
import type { Bootstrap, Finding, InstalledKit, Raised } from "./types.ts";

/** What a step leaves for those after it. */
export interface Notes {
  readonly architecture?: string;
  readonly installed?: InstalledKit | undefined;
  /** It is part of the cluster already. */
  readonly isMember?: boolean;
  /** The kit's folder there. */
  readonly kitFolder?: string;
  readonly raised?: Raised;
}

export interface Step {
  readonly name: string;
  /** It touches nothing that runs there. */
  readonly isPreparing?: true;
  /** Each can be repeated, also after a failure of a later one. */
  run(bootstrap: Bootstrap, notes: Notes): Promise<Notes>;
}

/** How a machine with nothing but sshd becomes a host, top to bottom. */
export const steps: readonly Step[] = [
  { name: "looking at the machine", run: refuseUnfit, isPreparing: true },
  { name: "sending the kit", run: sendKit, isPreparing: true },
  { name: "starting the agent", run: startAgent },
  { name: "naming the programs", run: linkPrograms },
  { name: "removing older programs", run: removeOlder },
];

async function refuseUnfit(bootstrap: Bootstrap, notes: Notes): Promise<Notes> {
  const { facts, findings } = await examine(bootstrap);
  refuse(bootstrap.machine.name, [...findings, ...judgeJoining(facts, bootstrap)]);
  for (const { severity, problem, fix } of findings)
    if (severity === "warning") bootstrap.warn(`${bootstrap.machine.name}: ${problem}; ${fix}`);
  return {
    ...notes,
    architecture: facts.machine,
    installed: facts.installed,
    isMember: facts.membership !== undefined,
  };
}

/** Not over a newer one: somebody with a newer provider was here, and the agent is never taken back. */
async function sendKit(bootstrap: Bootstrap, notes: Notes): Promise<Notes> {
  const { architecture = "", installed } = notes;
  const version = await bootstrap.kits.require(bootstrap.machine.name, architecture);
  if (installed !== undefined && isNewer(installed.version, version))
    return { ...notes, kitFolder: installed.folder };
  bootstrap.touching?.();
  return { ...notes, kitFolder: await bootstrap.kits.send(bootstrap, architecture) };
}

/** Where one runs already: the program that is newer takes its place, and an older one leaves it alone. */
async function startAgent(bootstrap: Bootstrap, notes: Notes): Promise<Notes> {
  const program = `${notes.kitFolder}/bin/constellation-agent`;
  const { join, hostName } = bootstrap;
  bootstrap.touching?.(); // also where no kit was sent, since a newer one lies there
  const { warnings, upgradedFrom } =
    join === undefined || notes.isMember
      ? await runAgent(bootstrap, program, ["up", "--name", hostName])
      : await joinBy(await join.token(), bootstrap, program);
  for (const { problem, fix } of (warnings ?? []) as Finding[])
    bootstrap.warn(`${bootstrap.machine.name}: ${problem}; ${fix}`);
  return { ...notes, raised: typeof upgradedFrom === "string" ? { upgradedFrom } : {} };
}

/** At the first server that the machine reaches. */
async function joinBy({ token, servers }: JoinToken, bootstrap: Bootstrap, program: string) {
  let trouble: unknown;
  for (const server of servers) {
    try {
      return await runAgent(bootstrap, program, ["join", "--server", server], token);
    } catch (error) {
      if (!(error instanceof ConstellationError) || error.code !== "unreachable") throw error;
      trouble = error;
    }
  }
  throw trouble;
}

/** Only now: until the new agent had passed its first checks, the way back led through the old one's programs. */
async function removeOlder(bootstrap: Bootstrap, notes: Notes): Promise<Notes> {
  await bootstrap.kits.removeOlder(bootstrap, notes.architecture ?? "");
  return notes;
}

/** Until the new agent runs, the old programs are the ones to use. */
async function linkPrograms({ machine, signal }: Bootstrap, notes: Notes): Promise<Notes> {
  const folder = agentProgramPath.slice(0, agentProgramPath.lastIndexOf("/"));
  const from = quote(`${notes.kitFolder}/bin`);
  const script = `mkdir -p ${folder} && for name in constellation constellation-agent; do
    [ ! -e ${from}/$name ] || { ln -sfn ${from}/$name ${folder}/.$name.new && mv -f ${folder}/.$name.new ${folder}/$name; } || exit 1
  done`;
  const ssh = await machine.login(signal);
  const outcome = await ssh.runAsRoot(script, { timeoutMs: limits.removeMs, signal, name: "link programs" });
  if (outcome.code === 0) return notes;
  throw new ConstellationError(
    "host-unfit",
    `name the programs on ${machine.name}: ${outcome.stderr.trim() || `exit code ${outcome.code}`}`,
  );
}

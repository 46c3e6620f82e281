import { agentPaths, ConstellationError } from "../../contract/index.ts";
import { agentProgramPath } from "../machines/index.ts";
import { quote } from "../ssh/index.ts";
import { runAgent } from "./agent-command.ts";
import { limits } from "./limits.ts";
import type { Bootstrap } from "./types.ts";

/**
 * Programs of a kit that go on running belong to another agent of the machine, which needs it; the end of our own
 * tunnel may take a moment.
 */
const removeKit = (stateDir: string) => `
used() {
  for exe in /proc/[0-9]*/exe; do
    case $(readlink "$exe" 2>/dev/null) in /opt/constellation/*) return 0 ;; esac
  done
  return 1
}
for attempt in 1 2 3 4 5; do
  if ! used; then rm -rf /opt/constellation && echo removed; exit; fi
  sleep 1
done
if [ -e ${quote(stateDir)}/.constellation ]; then echo runs; else echo kept; fi`;

/** The one in use; where a bootstrap was cut short before it named any, one that was sent, if an agent began there. */
const findProgram = (stateDir: string) => `
if [ -x ${agentProgramPath} ]; then echo ${agentProgramPath}; exit; fi
[ -d ${quote(stateDir)} ] || exit 0
for program in /opt/constellation/kit/*/bin/constellation-agent; do
  if [ -x "$program" ]; then echo "$program"; exit; fi
done`;

/**
 * Takes the agent there down and removes the programs that were brought; a machine without them is left as it is.
 * @param words more for `down`
 */
export async function removeAgent(
  given: Omit<Bootstrap, "kits" | "hostName" | "role">,
  words: readonly string[] = [],
): Promise<void> {
  const { machine, signal, progress, warn } = given;
  const ssh = await machine.login(signal);
  const options = { timeoutMs: limits.removeMs, signal };
  const { stateDir } = agentPaths(given.root);
  const program = (await ssh.runAsRoot(findProgram(stateDir), options)).stdout.trim();
  if (program !== "") {
    progress("removing the agent");
    const { left } = await runAgent(given, program, ["down", ...words]);
    refuseRemains(machine.name, (left ?? []) as Remain[]);
  }
  progress("removing its programs");
  machine.hangUp();
  const removed = await ssh.runAsRoot(removeKit(stateDir), { ...options, name: "remove the kit" });
  const outcome = removed.stdout.trim();
  if (outcome === "runs")
    throw new ConstellationError(
      "host-unfit",
      `remove the agent of ${machine.name}: it runs on from /opt/constellation, and none of its programs there takes it down; end it by hand and remove ${stateDir}, then run it again`,
    );
  if (outcome === "kept")
    warn(`${machine.name}: /opt/constellation stays, since another agent there runs from it`);
  else if (removed.code !== 0)
    throw new ConstellationError(
      "host-unfit",
      `remove /opt/constellation on ${machine.name}: ${removed.stderr.trim()}`,
    );
}

interface Remain {
  readonly kind: string;
  readonly item: string;
  readonly reason: string;
}

function refuseRemains(name: string, remains: readonly Remain[]): void {
  if (remains.length === 0) return;
  const items = remains.map(({ kind, item, reason }) => `${kind} ${item} (${reason})`).join(", ");
  throw new ConstellationError("host-unfit", `remove the agent of ${name}: left: ${items}; run it again`);
}

import { posix } from "node:path";
import { Readable } from "node:stream";
import { kitRoot } from "./manifest.ts";
import type { Kit } from "./open.ts";
import { type HostShell, receiverOf } from "./send.ts";

/**
 * Leaves of a host's kits this one and those that agents run from: a machine may have several, each of another root.
 * What else still runs from an older one (the guard, the store, instances' monitors) goes on: its files are open, and it
 * is never started from there again.
 */
export async function removeOlderKits(kit: Kit, shell: HostShell): Promise<void> {
  const [receiver, digest] = [receiverOf(kit), posix.basename(kit.folder)];
  const script = `
[ -x ${receiver} ] && [ -d ${kit.folder} ] || exit 0
set -- ${digest}
for process in /proc/[0-9]*; do
  program=$(readlink "$process/exe" 2>/dev/null) || continue
  case $program in ${kitRoot}/*/bin/node) ;; *) continue ;; esac
  case $(tr '\\0' ' ' <"$process/cmdline" 2>/dev/null) in */agent/main.js\\ run*) ;; *) continue ;; esac
  program=\${program#${kitRoot}/}
  set -- "$@" "\${program%%/*}"
done
${receiver} keep "$@" || exit
for other in ${posix.dirname(receiver)}/*; do
  [ "$other" = ${receiver} ] || rm -f "$other"
done`;
  await shell.run(script, Readable.from([]));
}

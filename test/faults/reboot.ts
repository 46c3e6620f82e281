import type { AgentPaths } from "../../contract/index.ts";
import { until } from "../control/until.ts";
import type { Machine } from "../lab/index.ts";

/** Before an agent comes up: its passing folder in memory, as /run is. */
export async function runInMemory(machine: Machine, { runDir }: AgentPaths): Promise<void> {
  await machine.output(["mkdir", "-p", runDir]);
  await machine.output(["mount", "-t", "tmpfs", "-o", "mode=755", "none", runDir]);
}

/** What a boot leaves: no process, no device, rule, cgroup, mount or file in memory; the state folder as it was. */
export async function reboot(machine: Machine, paths: AgentPaths): Promise<void> {
  await until("every process to end", async () => {
    const left = machine.processes().filter(({ pid, state }) => pid !== 1 && state !== "Z");
    if (left.length === 0) return true;
    await machine.run(["kill", "-9", ...left.map(({ pid }) => String(pid))]);
    return undefined;
  });
  const script = `
    root=$1 run=$2 prefix=$3 id=$4
    awk -v root="$root/" 'index($5, root) == 1 { print $5 }' /proc/self/mountinfo | tac | while read -r place; do
      umount -l "$place"
    done
    mount -t tmpfs -o mode=755 none "$run"
    ip -o link | sed -n "s/^[0-9]*: \\($prefix[^:@]*\\).*/\\1/p" | while read -r link; do ip link delete "$link"; done
    nft flush ruleset
    echo 0 >/proc/sys/net/ipv4/ip_forward
    find /sys/fs/cgroup -depth -type d -path "*/$id*" -exec rmdir {} +`;
  await machine.output([
    "sh",
    "-c",
    script,
    "sh",
    paths.stateDir.replace(/\/lib$/, ""),
    paths.runDir,
    paths.devicePrefix,
    paths.id,
  ]);
}

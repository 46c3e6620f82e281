import { quote } from "../ssh/index.ts";
import { portsInProc } from "./ports.ts";

/**
 * Looks at a machine with nothing but a POSIX shell and what every Linux has, and prints `KEY=VALUE` lines; changes
 * nothing. Its first line of input is thrown away where that is sudo's.
 */
export function preflightScript(stateDir: string, kitDir: string, runDir: string): string {
  const listening = portsInProc.flatMap((port) => [`0A:${port}`, `07:${port}`]).join("|");
  return `
say() { printf '%s=%s\\n' "$1" "$2"; }
nearest() { d=$1; while [ ! -d "$d" ]; do d=\${d%/*}; [ -n "$d" ] || d=/; done; printf %s "$d"; }
free() { df -Pk "$(nearest "$1")" 2>/dev/null | { read -r _; read -r _ _ _ k _; printf %s "$k"; }; }
mount_of() { df -Pk "$(nearest "$1")" 2>/dev/null | { read -r _; read -r _ _ _ _ _ m; printf %s "$m"; }; }
is_ours() {
  case $(readlink "/proc/$1/exe") in "$kit"/*) return 0 ;; esac
  tr '\\0' ' ' <"/proc/$1/cmdline" | grep -q constellation
}
holder() {
  ls -l /proc/[0-9]*/fd 2>/dev/null | grep -e '^/proc/' -e "socket:\\[$1\\]" | while read -r line; do
    case $line in
      /proc/*) pid=\${line#/proc/} pid=\${pid%%/*} ;;
      *)
        if is_ours "$pid" 2>/dev/null; then whose=ours; else whose=other; fi
        exe=$(readlink "/proc/$pid/exe")
        say holder "$1 $pid $whose \${exe##*/}"
        break ;;
    esac
  done
}
state=${quote(stateDir)} kit=${quote(kitDir)} run=${quote(runDir)}
say system "$(uname -s)"
say kernel "$(uname -r)"
say machine "$(uname -m)"
say clock "$(date +%s)"
say stateFreeKiB "$(free "$state")"
say kitFreeKiB "$(free "$kit")"
while read -r key value _; do
  if [ "$key" = MemTotal: ]; then say memoryKiB "$value"; fi
done </proc/meminfo
if grep -qw overlay /proc/filesystems || modprobe -n -q overlay 2>/dev/null; then say overlay yes; else say overlay no; fi
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  read -r line </sys/fs/cgroup/cgroup.controllers; say controllers "$line"
fi
while read -r name _ _ enabled; do if [ "$enabled" = 1 ]; then say controllers "$name"; fi; done </proc/cgroups
target=$(mount_of "$kit")
while read -r _ point _ options _; do
  if [ "$point" = "$target" ]; then say kitMountOptions "$options"; fi
done </proc/mounts
for table in tcp tcp6 udp udp6; do
  if [ -r /proc/net/$table ]; then
    while read -r _ local _ status _ _ _ _ _ inode _; do
      case $status:\${local##*:} in ${listening})
        say listens "$table \${local##*:} $inode"
        holder "$inode"
      esac
    done </proc/net/$table
  fi
done
if [ -e "$state/.constellation" ]; then say state yes; fi
if [ -e "$state/etcd" ]; then say store yes; fi
if [ -r "$state/membership.json" ]; then say membership "$(cat "$state/membership.json")"; fi
for file in /etc/machine-id /var/lib/dbus/machine-id "$state/machine-id"; do
  if [ -r "$file" ]; then say machineId "$(cat "$file")"; fi
done
if [ -S "$run/agent.sock" ]; then say agent yes; fi
program=$(readlink -f "$kit/bin/constellation-agent" 2>/dev/null)
if [ -x "$program" ]; then
  say installed "\${program%/bin/*}"
  say installedVersion "$(sed -n 's/^{"version":"\\([^"]*\\)".*/\\1/p' "\${program%/bin/*}/manifest.json" 2>/dev/null)"
fi
say done yes
`;
}

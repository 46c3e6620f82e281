#!/bin/bash
# Starts a host inside of a lab, from the disk that is there: its cgroups, namespaces, cable and PID 1; waits for sshd.
# usage: host-start.sh FOLDER NAME ADDRESS SWITCH LOWER SSHD_FROM SHARED "TYPE OPTIONS MOUNT_POINT DIRECTORY"...
#   LOWER: root file systems, colon-separated, the first on top; SSHD_FROM: a tree with sshd for those without;
#   SHARED: a folder shown as it is, read-only, or "".
# Nothing ties it to the caller: it ends with the lab at the latest.
set -eu
folder=$1 name=$2 address=$3 switch=$4 lower=$5 sshd_from=$6 shared=$7
shift 7
here=$(dirname "$0")
. "$here/cgroups.sh"
read_trees "$@"
patience=2000 # hundredths of a second

fail() {
  echo "start $name: $1; its console says:" >&2
  tail -n 20 "$folder/console" >&2
  exit 1
}

make_cgroups
(exec_in_cgroups setsid unshare --mount --net --pid --uts --ipc --fork --kill-child \
  bash "$here/host-init.sh" "$folder" "$name" "$address" "$lower" "$sshd_from" "$shared" "$@") \
  </dev/null >"$folder/console" 2>&1 &
parent=$!
for ((i = 0; i < patience; i++)); do
  if [ -e "$folder/pid" ]; then break; fi
  kill -0 "$parent" 2>/dev/null || fail "PID 1 has ended"
  sleep 0.01
done
pid=$(<"$folder/pid")

IFS=. read -r _ _ _ last <<<"$address"
printf -v hardware '02:00:0a:4d:00:%02x' "$last"
ip -batch - <<END || fail "no cable"
link add $name type veth peer name eth0 address $hardware netns $pid
link set $name master $switch up
END

for ((i = 0; i < patience; i++)); do
  if grep -q ':0016 0*:0000 0A ' "/proc/$pid/net/tcp"; then exit 0; fi # somebody listens on port 22
  kill -0 "$parent" 2>/dev/null || fail "PID 1 has ended"
  sleep 0.01
done
fail "no sshd after $((patience / 100)) s"

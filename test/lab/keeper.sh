#!/bin/bash
# The outside half of a machine: makes its cgroups, starts its PID 1, removes every trace once that has ended.
# usage: keeper.sh ROOT HOSTNAME TETHER "TYPE OPTIONS MOUNT_POINT DIRECTORY"...   (one a cgroup hierarchy)
# PID 1 ends when stdin does, that is when the process that wanted the machine closes it or dies; or, where TETHER is
# not empty, when somebody writes a line into the pipe of that name.
set -u
trap '' INT TERM HUP # whoever signals everything ends that process too
root=$1 hostname=$2 tether=$3
shift 3
here=$(dirname "$0")
. "$here/cgroups.sh"
read_trees "$@"

# What a keeper left that was itself killed. A living one holds a lock on its folder, a new one will within a minute.
remove_abandoned() {
  local folder directory
  find "${root%/*}" -maxdepth 1 -name 'cst-lab-*' -type d -user root -mmin +1 | while read -r folder; do
    if ! flock --nonblock "$folder" true; then continue; fi
    for directory in "${v1[@]}" "${v2[@]}"; do
      find "${directory%/*}/${folder##*/}" -depth -type d -exec rmdir {} + 2>/dev/null
    done
    rm -rf --one-file-system "$folder"
  done
}

start_pid_1() {
  exec_in_cgroups setpriv --pdeathsig KILL \
    unshare --mount --net --pid --uts --ipc --fork --kill-child bash "$here/init.sh" "$hostname" "$@"
}

status=0
exec {lock}<"$root"
flock "$lock"
remove_abandoned
if [ -n "$tether" ]; then mkfifo "$tether" && exec <>"$tether"; fi
if make_cgroups; then
  start_pid_1 "$@" <&0 {lock}<&- &
  trap '' PIPE # the process that wanted the machine may be gone and hear no complaint
  wait $!
fi
remove_cgroups || status=1
rm -rf --one-file-system "$root" || status=1
exit "$status"

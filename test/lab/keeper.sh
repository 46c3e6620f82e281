#!/bin/bash
# The outside half of a machine: makes its cgroups, starts its PID 1, removes every trace once that has ended.
# usage: keeper.sh ROOT HOSTNAME "TYPE OPTIONS MOUNT_POINT DIRECTORY"...   (one a cgroup hierarchy)
# PID 1 ends when stdin does, that is when the process that wanted the machine closes it or dies.
set -u
trap '' INT TERM HUP # whoever signals everything ends that process too
root=$1 hostname=$2
shift 2
here=$(dirname "$0")
v1=() v2=()
for hierarchy in "$@"; do
  read -r type _ _ directory <<<"$hierarchy"
  if [ "$type" = cgroup2 ]; then v2+=("$directory"); else v1+=("$directory"); fi
done

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

make_cgroups() {
  local directory file
  mkdir "${v1[@]}" "${v2[@]}" "${v2[@]/%//init}" || return
  for directory in "${v1[@]}"; do
    for file in cpuset.cpus cpuset.mems; do # a new v1 cpuset is empty and takes no process
      if [ -e "$directory/$file" ]; then cat "${directory%/*}/$file" >"$directory/$file" || return; fi
    done
  done
}

# The cgroup namespace is made in the machine's v2 cgroup, so that this is its root; processes then wait in the
# leaf `init`, since a v2 cgroup that hands controllers to children may hold no process itself.
start_pid_1() {
  local directory
  for directory in "${v1[@]}" "${v2[@]}"; do echo "$BASHPID" >"$directory/cgroup.procs" || return; done
  exec setpriv --pdeathsig KILL unshare --cgroup bash -c '
    count=$1; shift
    for ((i = 0; i < count; i++)); do
      echo $$ >"$1/init/cgroup.procs" || exit
      for controller in $(<"$1/cgroup.controllers"); do echo "+$controller" >"$1/cgroup.subtree_control"; done 2>/dev/null
      shift
    done
    exec unshare --mount --net --pid --uts --ipc --fork --kill-child "$@"' \
    keeper "${#v2[@]}" "${v2[@]}" bash "$here/init.sh" "$hostname" "$@"
}

# The last processes that were entering the machine may need a moment to leave its cgroups: 5 s at most.
remove_cgroups() {
  local attempt directory left
  for attempt in {1..250}; do
    find "${v1[@]}" "${v2[@]}" -depth -type d -exec rmdir {} + 2>/dev/null
    left=()
    for directory in "${v1[@]}" "${v2[@]}"; do if [ -d "$directory" ]; then left+=("$directory"); fi; done
    if [ ${#left[@]} = 0 ]; then return; fi
    sleep 0.02
  done
  echo "remove machine: cgroups still in use: ${left[*]}" >&2
  return 1
}

status=0
exec {lock}<"$root"
flock "$lock"
remove_abandoned
if make_cgroups; then
  start_pid_1 "$@" <&0 {lock}<&- &
  wait $!
fi
remove_cgroups || status=1
rm -rf --one-file-system "$root" || status=1
exit "$status"

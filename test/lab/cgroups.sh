# What every keeper of namespaces needs of cgroups. Sourced by bash; `read_trees` first.
# A tree is "TYPE OPTIONS MOUNT_POINT DIRECTORY": a hierarchy, and the cgroup in it that is used.

read_trees() { # TREE...
  local tree type directory
  v1=() v2=()
  for tree in "$@"; do
    read -r type _ _ directory <<<"$tree"
    if [ "$type" = cgroup2 ]; then v2+=("$directory"); else v1+=("$directory"); fi
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

# Becomes a command in the cgroups. The cgroup namespace is made in the v2 cgroup, so that this is its root; processes
# then wait in the leaf `init`, since a v2 cgroup that hands controllers to children may hold no process itself.
exec_in_cgroups() { # COMMAND...
  local directory
  for directory in "${v1[@]}" "${v2[@]}"; do echo "$BASHPID" >"$directory/cgroup.procs" || return; done
  exec unshare --cgroup bash -c '
    count=$1; shift
    for ((i = 0; i < count; i++)); do
      echo $$ >"$1/init/cgroup.procs" || exit
      for controller in $(<"$1/cgroup.controllers"); do echo "+$controller" >"$1/cgroup.subtree_control"; done 2>/dev/null
      shift
    done
    exec "$@"' keeper "${#v2[@]}" "${v2[@]}" "$@"
}

# A process that is frozen by cgroup v1 cannot die, and PID 1 of its namespace would wait for it for ever.
thaw() { # FOLDER...
  find "$@" -name freezer.state -exec sh -c 'for state; do echo THAWED >"$state"; done' thaw {} + 2>/dev/null
}

# The last processes that were entering may need a moment to leave: 5 s at most.
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

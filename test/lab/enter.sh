#!/bin/sh
# Runs a command in a machine, in the machine's cgroups, as leader of its own session; it dies with this process.
# usage: enter.sh PID_1 WORKING_DIRECTORY CGROUPS COMMAND [ARGUMENT]...   (CGROUPS: directories, separated by blanks)
pid=$1 directory=$2 cgroups=$3
shift 3
for cgroup in $cgroups; do echo $$ >"$cgroup/cgroup.procs" || exit 125; done
exec nsenter --target "$pid" --mount --net --pid --uts --ipc --cgroup --wdns="$directory" \
  setsid setpriv --pdeathsig KILL -- "$@"

#!/bin/bash
# The power fails: a host's cable and every process are gone at once; its disk stays. Repeatable.
# usage: host-stop.sh FOLDER NAME "TYPE OPTIONS MOUNT_POINT DIRECTORY"...
set -u
folder=$1 name=$2
shift 2
. "$(dirname "$0")/cgroups.sh"
read_trees "$@"

ip link delete "$name" 2>/dev/null # first: a machine without power says no farewell
if [ -e "/run/netns/$name-box" ]; then ip netns delete "$name-box"; fi
if [ -e "$folder/pid" ]; then
  kill -KILL "$(<"$folder/pid")"
  thaw "${v1[@]}"
  rm "$folder/pid"
fi 2>/dev/null
remove_cgroups

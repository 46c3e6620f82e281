#!/bin/bash
# The inside half of a machine: its PID 1. Gives the new namespaces their mounts, then reaps orphans until stdin ends.
# usage: init.sh HOSTNAME "TYPE OPTIONS MOUNT_POINT DIRECTORY"...   Prints `ready PID`, the PID as the outside sees it.
set -eu
hostname=$1
shift
here=$(dirname "$0")
. "$here/cgroups.sh"
. "$here/views.sh"
read -r pid _ </proc/self/stat # still the outer /proc

# What the real machine has there goes first, or mountinfo would go on listing it.
umount --recursive --lazy /sys
for mount_point in /run /dev/shm /dev/pts; do
  while mountpoint -q "$mount_point"; do umount --recursive --lazy "$mount_point"; done
done
umount --recursive --lazy /proc
mount_views "" "$@"
hostname "$hostname"
freshen_network

echo "ready $pid"
exec >/dev/null
# Bash reaps whatever is reparented to PID 1 while it waits here.
read -r _ || true
thaw /sys/fs/cgroup

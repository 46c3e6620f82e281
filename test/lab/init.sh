#!/bin/bash
# The inside half of a machine: its PID 1. Gives the new namespaces their mounts, then reaps orphans until stdin ends.
# usage: init.sh HOSTNAME "TYPE OPTIONS MOUNT_POINT DIRECTORY"...   Prints `ready PID`, the PID as the outside sees it.
set -eu
hostname=$1
shift
read -r pid _ </proc/self/stat # still the outer /proc

# What the real machine has there goes first, or mountinfo would go on listing it.
umount --recursive --lazy /sys
for mount_point in /run /dev/shm /dev/pts; do
  while mountpoint -q "$mount_point"; do umount --recursive --lazy "$mount_point"; done
done
umount --recursive --lazy /proc
mount -t proc proc /proc
echo "$hostname" >/proc/sys/kernel/hostname
# Settings outside /proc/sys/net are the real machine's: nobody in here may change them.
mount --bind /proc/sys /proc/sys
mount --bind /proc/sys/net /proc/sys/net
mount -o remount,bind,ro /proc/sys
mount -t sysfs sysfs /sys
mount -o remount,bind,ro /sys

for hierarchy in "$@"; do # the tree the real machine has, as seen from the machine's own cgroups
  read -r type options mount_point _ <<<"$hierarchy"
  if [ "$mount_point" != /sys/fs/cgroup ]; then
    if ! mountpoint -q /sys/fs/cgroup; then mount -t tmpfs -o mode=755,nosuid,nodev,noexec tmpfs /sys/fs/cgroup; fi
    mkdir -p "$mount_point"
  fi
  mount -t "$type" -o "$options" "$type" "$mount_point"
done

mount -t tmpfs -o mode=755,nosuid,nodev tmpfs /run
mkdir /run/lock
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs /dev/shm
mount -t devpts -o mode=620,gid=5,ptmxmode=666 devpts /dev/pts
ip link set lo up
echo 0 >/proc/sys/net/ipv4/ip_forward # as a fresh machine has it: a new namespace takes over the real machine's

echo "ready $pid"
exec >/dev/null
# Bash reaps whatever is reparented to PID 1 while it waits here.
read -r _ || true
# A process that is frozen by cgroup v1 cannot die, and PID 1 would wait for it for ever.
find /sys/fs/cgroup -name freezer.state -exec sh -c 'for state; do echo THAWED >"$state"; done' thaw {} + 2>/dev/null

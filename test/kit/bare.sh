#!/bin/bash
# A host's root of its own, in a mount namespace that ends with this process: the folder's content, and what a kernel
# brings. usage: bare.sh ROOT   Prints `ready` and waits for the end of its input.
set -eu
cd "$1"
mount --bind . .
cd "$1" # what was entered before lies below the mount
mkdir -p proc sys dev run tmp var/lib old
mount --rbind /proc proc
mount --rbind /sys sys
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
for device in null zero full random urandom tty; do
  touch "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
pivot_root . old
exec /bin/busybox sh -c 'umount -l /old && rmdir /old && echo ready && exec cat'

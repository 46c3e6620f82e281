# What every new namespace needs to see of the kernel. Sourced by bash.

# Processes, devices of the network and cgroups as the namespaces of the caller have them, and fresh folders in memory.
mount_views() { # ROOT TREE...   ("" is the root folder)
  local root=$1 tree type options mount_point
  shift
  mount -t proc proc "$root/proc"
  # Settings outside /proc/sys/net are the real machine's: nobody in here may change them.
  mount --bind "$root/proc/sys" "$root/proc/sys"
  mount --bind "$root/proc/sys/net" "$root/proc/sys/net"
  mount -o remount,bind,ro "$root/proc/sys"
  mount -t sysfs sysfs "$root/sys"
  mount -o remount,bind,ro "$root/sys"

  for tree in "$@"; do # the tree the real machine has, as seen from the machine's own cgroups
    read -r type options mount_point _ <<<"$tree"
    if [ "$mount_point" != /sys/fs/cgroup ]; then
      if ! mountpoint -q "$root/sys/fs/cgroup"; then
        mount -t tmpfs -o mode=755,nosuid,nodev,noexec tmpfs "$root/sys/fs/cgroup"
      fi
      mkdir -p "$root$mount_point"
    fi
    mount -t "$type" -o "$options" "$type" "$root$mount_point"
  done

  mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$root/run"
  mkdir "$root/run/lock"
  mkdir -p "$root/dev/shm" "$root/dev/pts"
  mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/dev/shm"
  mount -t devpts -o mode=620,gid=5,ptmxmode=666 devpts "$root/dev/pts"
}

# As a fresh machine has it: a new network namespace takes over the real machine's.
freshen_network() {
  ip link set lo up
  echo 0 >/proc/sys/net/ipv4/ip_forward
}

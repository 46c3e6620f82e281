#!/bin/sh
# Runs a shell script in an image's overlay, in namespaces of its own, with the capabilities that instances get.
# usage: run-image.sh LOWERDIRS FOLDER SCRIPT
set -eu
if [ "${INSIDE:-}" = "" ]; then
  INSIDE=yes exec unshare -m -n -p -f -u --kill-child --propagation private "$0" "$@"
fi
root=$2/root
mkdir -p "$root" "$2/writable"
mount -t tmpfs tmpfs "$2/writable"
mkdir "$2/writable/upper" "$2/writable/work"
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/writable/upper,workdir=$2/writable/work" "$root"
mkdir -p "$root/dev" "$root/proc"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
ip link set lo up
usual=+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,+sys_chroot,+setfcap
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  setpriv --no-new-privs --inh-caps=-all --bounding-set="-all,$usual" chroot "$root" /bin/sh -euc "$3"

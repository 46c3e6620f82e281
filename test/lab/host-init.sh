#!/bin/bash
# PID 1 of a host, up to where its own init takes over: its root file system, mounts and network.
# usage: host-init.sh FOLDER NAME ADDRESS LOWER SSHD_FROM SHARED INIT "TYPE OPTIONS MOUNT_POINT DIRECTORY"...   (as in host-start.sh)
set -eu
folder=$1 name=$2 address=$3 lower=$4 sshd_from=$5 shared=$6 init=$7
shift 7
here=$(dirname "$0")
. "$here/views.sh"
root=$folder/root
gateway=${address%.*}.1

read -r pid _ </proc/self/stat # still the lab's /proc
echo "$pid" >"$folder/pid.new"
mv "$folder/pid.new" "$folder/pid"
mkdir -p "$folder"/{upper,work,root,data}
mount -t overlay -o "lowerdir=$lower,upperdir=$folder/upper,workdir=$folder/work" overlay "$root"
mount -t tmpfs -o mode=755,nosuid tmpfs "$root/dev"
mkdir "$root/dev/net"
for device in null zero full random urandom tty net/tun fuse kvm; do
  if [ -e "/dev/$device" ]; then cp -a "/dev/$device" "$root/dev/$device"; fi
done
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for number in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${number%:*}" "$root/dev/${number#*:}"; done
mount_views "$root" "$@"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/tmp"

# Real folders, since an overlay cannot be the upper layer of another one.
mkdir -p "$folder/data/"{tmp,agent} "$root$folder/data" "$root/var/lib/constellation"
chmod 1777 "$folder/data/tmp"
mount --bind "$folder/data" "$root$folder/data"
mount --bind "$folder/data/agent" "$root/var/lib/constellation"
if [ -n "$shared" ]; then
  mkdir -p "$root$shared"
  mount --bind "$shared" "$root$shared"
  mount -o remount,bind,ro "$root$shared"
fi

hostname "$name"
if [ ! -e "$folder/installed" ]; then
  bash "$here/host-install.sh" "$root" "$name" "${folder%/*}/ssh/key.pub" "$sshd_from"
  touch "$folder/installed"
fi

freshen_network
until [ -e "$root/sys/class/net/eth0" ]; do sleep 0.005; done
ip -batch - <<END
address add $address/24 dev eth0
link set eth0 up
route add default via $gateway
END

# What a machine without a service manager does: what the administrator wrote, once, and sshd again and again. OpenRC
# starts the services of its last runlevel beside that.
boot='mkdir -p /run/sshd
if [ "$0" = openrc ]; then openrc default & fi
if [ -x /etc/rc.local ]; then /etc/rc.local & fi
while :; do /usr/sbin/sshd -D -e; sleep 0.1; done'
cd "$root"
mount --move . / # as an initramfs hands over
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
  chroot . /bin/sh -c "$boot" "${init:-init}"

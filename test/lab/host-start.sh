#!/bin/bash
# Starts a host inside of a lab, from the disk that is there: its cgroups, namespaces, cable and PID 1; waits for sshd.
# usage: host-start.sh FOLDER NAME ADDRESS INNER SWITCH LOWER SSHD_FROM SHARED INIT "TYPE OPTIONS MOUNT_POINT DIRECTORY"...
#   ADDRESS: on the switch; INNER: "", or the host's own where the other one is that of a box before it, which translates
#   addresses and lets in nothing but SSH;
#   LOWER: root file systems, colon-separated, the first on top; SSHD_FROM: a tree with sshd for those without;
#   SHARED: a folder shown as it is, read-only, or ""; INIT: openrc, or "".
# Nothing ties it to the caller: it ends with the lab at the latest.
set -eu
folder=$1 name=$2 address=$3 inner=$4 switch=$5 lower=$6 sshd_from=$7 shared=$8 init=$9
shift 9
here=$(dirname "$0")
. "$here/cgroups.sh"
read_trees "$@"
patience=30 # seconds; a look takes far longer than its pause where the machine is busy

fail() {
  echo "start $name: $1; its console says:" >&2
  tail -n 20 "$folder/console" >&2
  exit 1
}

make_cgroups
(exec_in_cgroups setsid unshare --mount --net --pid --uts --ipc --fork --kill-child \
  bash "$here/host-init.sh" "$folder" "$name" "${inner:-$address}" "$lower" "$sshd_from" "$shared" "$init" "$@") \
  </dev/null >"$folder/console" 2>&1 &
parent=$!
until [ -e "$folder/pid" ]; do
  kill -0 "$parent" 2>/dev/null || fail "PID 1 has ended"
  ((SECONDS < patience)) || fail "no PID 1 after $patience s"
  sleep 0.01
done
pid=$(<"$folder/pid")

IFS=. read -r _ _ _ last <<<"$address"
printf -v hardware '02:00:0a:4d:00:%02x' "$last"
cable() { # NETNS
  ip -batch - <<END
link add $name type veth peer name eth0 address $hardware netns $1
link set $name master $switch up
END
}
box() { # its outer end is the cable's, its inner one the host's gateway
  ip netns add "$box" && cable "$box" && ip -n "$box" -batch - <<END && ip netns exec "$box" bash -euc "$translate"
link set lo up
link add inner type veth peer name eth0 netns $pid
address add ${inner%.*}.1/24 dev inner
link set inner up
address add $address/24 dev eth0
link set eth0 up
route add default via ${address%.*}.1
END
}
translate="echo 1 >/proc/sys/net/ipv4/ip_forward; nft -f - <<END
table ip box {
  chain to { type nat hook prerouting priority dstnat; iifname eth0 tcp dport 22 dnat to $inner; }
  chain from { type nat hook postrouting priority srcnat; oifname eth0 masquerade; }
  chain through { type filter hook forward priority filter; iifname eth0 ct state new ct status ! dnat drop; }
}
END"
if [ -z "$inner" ]; then cable "$pid"; else box=$name-box && box; fi || fail "no cable"

until grep -q ':0016 0*:0000 0A ' "/proc/$pid/net/tcp"; do # somebody listens on port 22
  kill -0 "$parent" 2>/dev/null || fail "PID 1 has ended"
  ((SECONDS < patience)) || fail "no sshd after $patience s"
  sleep 0.01
done

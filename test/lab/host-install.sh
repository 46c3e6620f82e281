#!/bin/bash
# What an installer asks for: a name, an identity, who may log in. Once in a host's life.
# usage: host-install.sh ROOT NAME PUBLIC_KEY_FILE SSHD_FROM
#   root   the key alone
#   admin  the key; sudo without a password, where there is sudo
#   guest  the key, or the password `guest`; sudo with it, where there is sudo
set -eu
root=$1 name=$2 key=$3 sshd_from=$4

echo "$name" >"$root/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$name" >"$root/etc/hosts"
od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$root/etc/machine-id"
if [ ! -e "$root/usr/sbin/sshd" ]; then
  sed 's|^/||' "$sshd_from"/var/lib/dpkg/info/{openssh-server,openssh-sftp-server,libwrap0:*}.list |
    grep -v '^\.$' | tar -C "$sshd_from" -c --no-recursion --ignore-failed-read -T - 2>/dev/null | tar -C "$root" -x --skip-old-files
  grep '^sshd:' "$sshd_from/etc/passwd" >>"$root/etc/passwd"
fi
rm -f "$root"/etc/ssh/ssh_host_*
ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$root/etc/ssh/ssh_host_ed25519_key"
cat >"$root/etc/ssh/sshd_config" <<END
HostKey /etc/ssh/ssh_host_ed25519_key
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxStartups 100
Subsystem sftp /usr/lib/openssh/sftp-server
Match User guest
  PasswordAuthentication yes
END

# `openssl passwd -6 -salt lab guest`
hash='$6$lab$RvVZ.gYHs.IQgX7DkWgMR9iiHErJZfr4zlvZqv4xyE27DZzhqDamVHo1FMGhLH.yuY62pAK3kJMJMAmSoDuuY.'
add_user() { # NAME UID PASSWORD_HASH
  echo "$1:x:$2:$2::/home/$1:/bin/sh" >>"$root/etc/passwd"
  echo "$1:x:$2:" >>"$root/etc/group"
  echo "$1:$3:20000:0:99999:7:::" >>"$root/etc/shadow"
  admit "$root/home/$1" "$2"
}
admit() { # HOME UID
  mkdir -p "$1/.ssh"
  cp "$key" "$1/.ssh/authorized_keys"
  chmod 700 "$1" "$1/.ssh"
  chown -R "$2:$2" "$1/.ssh"
  chown "$2:$2" "$1"
}
admit "$root/root" 0
add_user admin 2001 '*'
add_user guest 2002 "$hash"
if [ -d "$root/etc/sudoers.d" ]; then
  printf 'admin ALL=(ALL) NOPASSWD: ALL\nguest ALL=(ALL) ALL\n' >"$root/etc/sudoers.d/lab"
  chmod 440 "$root/etc/sudoers.d/lab"
fi

/** How each program of a kit is asked whether it starts, and what it says then; by its name in bin/. */
export const programs: Readonly<Record<string, { readonly args: readonly string[]; readonly says: RegExp }>> =
  {
    cat: { args: ["--version"], says: /coreutils/ },
    conmon: { args: ["--version"], says: /conmon version 2/ },
    constellation: { args: ["--version"], says: /^\d+\.\d+\.\d+/ },
    "constellation-agent": { args: [], says: /usage: constellation-agent/ },
    "constellation-guard": { args: [], says: /usage:/ },
    "constellation-registry": { args: [], says: /read settings/ },
    crun: { args: ["--version"], says: /crun version 1/ },
    dnsmasq: { args: ["--version"], says: /Dnsmasq version 2/ },
    etcd: { args: ["--version"], says: /etcd Version: 3\.6/ },
    ip: { args: ["-Version"], says: /iproute2/ },
    mount: { args: ["--version"], says: /util-linux/ },
    nft: { args: ["--version"], says: /nftables v1/ },
    node: { args: ["--version"], says: new RegExp(`^${process.version}`) },
    nsenter: { args: ["--version"], says: /util-linux/ },
    setpriv: { args: ["--version"], says: /util-linux/ },
    umount: { args: ["--version"], says: /util-linux/ },
    wg: { args: ["--version"], says: /wireguard-tools v1/ },
    "wireguard-go": { args: ["--version"], says: /wireguard-go v0/ },
    unshare: { args: ["--version"], says: /util-linux/ },
  };

/** Loads koffi's addon beside the agent, and calls into the C library that the process has. */
export const callsC = (kit: string) =>
  `const c = require("${kit}/node_modules/koffi").load("libc.so.6"); console.log(c.func("int getpid()")() === process.pid)`;

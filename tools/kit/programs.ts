/**
 * What an agent executes and Debian builds: the program, the package that brings it, and the path in there. A host's
 * own is never used, but for its shell and its service manager.
 */
export const debianPrograms: Readonly<Record<string, { readonly package: string; readonly path: string }>> = {
  cat: { package: "coreutils", path: "bin/cat" },
  conmon: { package: "conmon", path: "usr/bin/conmon" },
  crun: { package: "crun", path: "usr/bin/crun" },
  dnsmasq: { package: "dnsmasq-base", path: "usr/sbin/dnsmasq" },
  ip: { package: "iproute2", path: "bin/ip" },
  mount: { package: "mount", path: "bin/mount" },
  nft: { package: "nftables", path: "usr/sbin/nft" },
  nsenter: { package: "util-linux", path: "usr/bin/nsenter" },
  setpriv: { package: "util-linux", path: "usr/bin/setpriv" },
  wg: { package: "wireguard-tools", path: "usr/bin/wg" },
  umount: { package: "mount", path: "bin/umount" },
  unshare: { package: "util-linux", path: "usr/bin/unshare" },
};

/** What Node needs and none of the above does. */
export const libraryPackages = ["libstdc++6"];

/** Other people's in Go, built from the modules in tools/go: static. */
export const pinnedPrograms = ["etcd", "wireguard-go"] as const;

/** Our own programs in Go: folders of agent/. */
export const goPrograms = ["guard", "registry"];

/** And in TypeScript: the agent, and the command for those who log in to a host. */
export const bundledPrograms = ["constellation-agent", "constellation"];

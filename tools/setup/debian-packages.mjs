import { existsSync } from "node:fs";
import { findProgram, run } from "../lib/run.mjs";

/**
 * A program (or the path of a file) and the Debian package that brings it, by who needs it: the agent always,
 * the rest only when asked for.
 *
 * @type {Record<"agent" | "kit" | "lab" | "test" | "bench", Record<string, string>>}
 */
export const packageOf = {
  agent: {
    crun: "crun",
    conmon: "conmon",
    nft: "nftables",
    dnsmasq: "dnsmasq-base",
    conntrack: "conntrack",
    wg: "wireguard-tools",
    ip: "iproute2",
    mount: "mount",
    unshare: "util-linux",
    curl: "curl",
  },
  kit: { patchelf: "patchelf" },
  lab: {
    // What makes the hosts' Debian, and what logs in to them.
    mmdebstrap: "mmdebstrap",
    ssh: "openssh-client",
    "/usr/sbin/sshd": "openssh-server",
    sudo: "sudo",
  },
  test: {
    patchelf: "patchelf",
    "qemu-aarch64-static": "qemu-user-static",
    python3: "python3",
    "/var/lib/dpkg/info/python3-venv.list": "python3-venv",
    ps: "procps",
    "docker-registry": "docker-registry",
    openssl: "openssl",
    // The static one: tests copy it into root file systems that hold nothing else.
    "/var/lib/dpkg/info/busybox-static.list": "busybox-static",
  },
  bench: {
    podman: "podman",
    runc: "runc",
    // The network that Debian's podman recommends, of which an installation without recommendations gives it another.
    "/usr/lib/podman/netavark": "netavark",
    "/usr/lib/podman/aardvark-dns": "aardvark-dns",
    iptables: "iptables",
    iperf3: "iperf3",
    sockperf: "sockperf",
  },
};

/** @type {import("./step.mjs").Step} */
export const debianPackages = {
  name: "Debian packages",
  missing: (extras) => {
    const packages = missingPackages(extras);
    return packages.length === 0 ? undefined : `installing ${packages.join(" ")}`;
  },
  make: (extras) => install(missingPackages(extras)),
};

/** @param {ReadonlySet<string>} extras */
function missingPackages(extras) {
  return Object.entries(packageOf)
    .filter(([need]) => need === "agent" || extras.has(need))
    .flatMap(([, packages]) => Object.entries(packages))
    .filter(([program]) => !isPresent(program))
    .map(([, name]) => name);
}

/** @param {string} program */
const isPresent = (program) =>
  program.startsWith("/") ? existsSync(program) : findProgram(program) !== undefined;

/** @param {readonly string[]} packages */
function install(packages) {
  const command = `apt-get install ${packages.join(" ")}`;
  if (findProgram("apt-get") === undefined) {
    throw new Error(`apt-get not found; install these by your distribution's means: ${packages.join(" ")}`);
  }
  if (process.getuid?.() !== 0) throw new Error(`not root; run \`sudo ${command}\`, then this again`);
  const apt = (/** @type {string[]} */ ...args) =>
    run("apt-get", ["-q", "-y", ...args], { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
  try {
    apt("install", "--no-install-recommends", ...packages);
  } catch {
    // Lists are absent on a fresh machine and name vanished files on an old one; a real reason comes again below.
    apt("update");
    apt("install", "--no-install-recommends", ...packages);
  }
}

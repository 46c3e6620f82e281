import {
  cgroupFix,
  isKernelTooOld,
  machineNeeds,
  missingControllers,
  oldestKernel,
} from "../../contract/index.ts";
import { packageOf } from "./packages.ts";
import type { Facts, Finding, FirewallChain } from "./types.ts";

type Refusal = Omit<Finding, "severity">;

/** All that keeps an agent from running on a machine with these facts, then warnings. Empty: it is fit. */
export function decide(facts: Facts): Finding[] {
  const refusals = [
    ...userFindings(facts),
    ...kernelFindings(facts),
    ...folderFindings(facts),
    ...(facts.hasState ? [] : spaceFindings(facts)),
    ...libcFindings(facts),
    ...programFindings(facts),
    ...portFindings(facts),
  ];
  const warnings = [
    // What runs there must be changeable, if only to make room.
    ...(facts.hasState ? spaceFindings(facts) : []),
    ...agentFindings(facts),
    ...facts.droppingChains.map((chain) => firewallFinding(chain, facts.devicePrefix)),
  ];
  return [
    ...refusals.map((finding) => ({ severity: "refusal" as const, ...finding })),
    ...warnings.map((finding) => ({ severity: "warning" as const, ...finding })),
  ];
}

function userFindings({ isRoot }: Facts): Refusal[] {
  if (isRoot) return [];
  return [
    { id: "root-user", problem: "this user is not root", fix: "run the same command as root, or with sudo" },
  ];
}

function kernelFindings({ kernelRelease, overlay, controllers, stateDir }: Facts): Refusal[] {
  const findings: Refusal[] = [];
  if (isKernelTooOld(kernelRelease)) {
    const problem = `the kernel is ${kernelRelease}`;
    findings.push({ id: "kernel", problem, fix: `boot Linux ${oldestKernel} or newer` });
  }
  if (overlay && !overlay.works) {
    const problem = `overlayfs cannot be mounted on ${stateDir}: ${overlay.reason}`;
    const fix = "load it with `modprobe overlay`, and keep that folder on a disk (ext4, xfs, btrfs)";
    findings.push({ id: "overlay", problem, fix });
  }
  const missing = missingControllers(controllers);
  if (missing.length > 0) {
    const problem = `no cgroup controller for ${missing.join(", ")}`;
    findings.push({ id: "cgroups", problem, fix: cgroupFix });
  }
  return findings;
}

function folderFindings({ foreignFolders }: Facts): Refusal[] {
  return foreignFolders.map((folder) => ({
    id: "folder",
    problem: `${folder} holds files of somebody else`,
    fix: "choose another root with --root, or move those files away",
  }));
}

function spaceFindings({ freeBytes, stateDir }: Facts): Refusal[] {
  if (freeBytes >= machineNeeds.stateFreeBytes) return [];
  const problem = `${toMiB(freeBytes)} MiB are free for ${stateDir}`;
  return [{ id: "disk-space", problem, fix: `free at least ${toMiB(machineNeeds.stateFreeBytes)} MiB` }];
}

function libcFindings({ isGlibc }: Facts): Refusal[] {
  if (isGlibc) return [];
  const problem = "this machine's C library is not glibc, which the agent calls into";
  return [{ id: "libc", problem, fix: "use a distribution with glibc, like Debian, Ubuntu, Fedora or Arch" }];
}

function programFindings({ missingPrograms, packageManager }: Facts): Refusal[] {
  return missingPrograms.map((name): Refusal => {
    const problem = `${name} is not installed`;
    const found = packageOf(name, packageManager);
    if (found === undefined) {
      return { id: "program", problem, fix: `put ${name} on PATH, or name its folder in CONSTELLATION_KIT` };
    }
    return { id: "program", problem, ...found };
  });
}

function portFindings({ portTaken }: Facts): Refusal[] {
  if (portTaken === undefined || portTaken.agent !== undefined) return [];
  const problem = `port 53 of ${portTaken.address} is taken, where instances ask for names`;
  const fix = "find the program with `ss -lnp sport = :53` and let it listen on its own addresses only";
  return [{ id: "port-53", problem, fix }];
}

/** Whether ranges overlap is known once a Cluster names them: it is refused then. */
function agentFindings({ portTaken }: Facts): Refusal[] {
  if (portTaken?.agent === undefined) return [];
  const problem = `another agent (${portTaken.agent}) has the address ${portTaken.address} and the ranges around it`;
  const fix = "give this one's Cluster ranges of its own, `network.cidr` and `network.serviceCidr`";
  return [{ id: "other-agent", problem, fix }];
}

/** Ours cannot overrule them, and they are not ours to change. */
function firewallFinding({ family, table, name, hook }: FirewallChain, devicePrefix: string): Refusal {
  const loss =
    hook === "forward"
      ? "instances reach nobody, and nobody reaches published ports"
      : "instances find no names";
  const problem = `the firewall's chain ${family} ${table} ${name} drops what it does not know: ${loss}`;
  return {
    id: "firewall",
    problem,
    fix: `let instances pass: ${firewallFix({ family, table, name, hook }, devicePrefix)}`,
  };
}

function firewallFix({ family, table, name, hook }: FirewallChain, devicePrefix: string): string {
  if (table === "firewalld")
    return `\`firewall-cmd --permanent --zone=trusted --add-interface=${devicePrefix}+ && firewall-cmd --reload\``;
  if (table === "filter" && hook === "forward") {
    const rule = (option: string) => `\`iptables -I ${name} ${option} ${devicePrefix}+ -j ACCEPT\``;
    return `${rule("-i")} and ${rule("-o")}; where Docker runs, in its chain DOCKER-USER instead of ${name}`;
  }
  const rule = (match: string) => `\`nft insert rule ${family} ${table} ${name} ${match} accept\``;
  return hook === "forward"
    ? `${rule(`iifname "${devicePrefix}*"`)} and ${rule(`oifname "${devicePrefix}*"`)}`
    : rule(`iifname "${devicePrefix}*" meta l4proto { tcp, udp } th dport 53`);
}

function toMiB(bytes: number): number {
  return Math.floor(bytes / 1024 ** 2);
}

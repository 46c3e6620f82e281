import {
  cgroupFix,
  isKernelTooOld,
  machineNeeds,
  missingControllers,
  oldestKernel,
} from "../../contract/index.ts";
import { serverPorts, tunnelPort } from "./ports.ts";
import type { Bootstrap, Facts, Finding, TakenPort } from "./types.ts";

const MiB = 1024 ** 2;
const least = {
  /** The kit unpacked, twice: an upgrade keeps the old one until the new one has proved itself. */
  kitBytes: 512 * MiB,
  memoryBytes: 256 * MiB,
  comfortableBytes: 480 * MiB,
};
const architectures = ["x86_64", "aarch64"];
/** Certificates and heartbeats put up with this much. */
const clockMs = 5_000;

type Part = Pick<Bootstrap, "role" | "mode">;
type Judgement = (facts: Facts, part: Part) => Pick<Finding, "problem" | "fix"> | undefined;

/** What keeps an agent from running. */
const refusals: readonly Judgement[] = [
  ({ rootRefusal }) => (rootRefusal === undefined ? undefined : apart(rootRefusal)),
  ({ system }) =>
    system === "Linux" ? undefined : { problem: `it runs ${system}`, fix: "choose a Linux machine" },
  ({ kernel }) =>
    isKernelTooOld(kernel)
      ? { problem: `its kernel is ${kernel}`, fix: `boot Linux ${oldestKernel} or newer` }
      : undefined,
  ({ machine }) =>
    architectures.includes(machine)
      ? undefined
      : { problem: `its processor is ${machine}`, fix: `choose one of ${architectures.join(", ")}` },
  ({ controllers: present }) => {
    const missing = missingControllers(present);
    return missing.length === 0
      ? undefined
      : { problem: `it has no cgroup controller for ${missing.join(", ")}`, fix: cgroupFix };
  },
  ({ overlay }) =>
    overlay ? undefined : { problem: "its kernel has no overlayfs", fix: "load it with `modprobe overlay`" },
  ({ stateFreeBytes, stateDir }) => tooFull(stateFreeBytes, machineNeeds.stateFreeBytes, stateDir),
  ({ kitFreeBytes }) => tooFull(kitFreeBytes, least.kitBytes, "/opt/constellation"),
  ({ kitMountOptions }) => {
    const bad = ["noexec", "ro"].find((option) => kitMountOptions.includes(option));
    return bad === undefined
      ? undefined
      : { problem: `/opt is mounted ${bad}, where programs are to lie`, fix: `mount it without ${bad}` };
  },
  ({ memoryBytes }) =>
    memoryBytes !== undefined && memoryBytes < least.memoryBytes
      ? {
          problem: `it has ${toMiB(memoryBytes)} MiB of memory`,
          fix: `choose a machine with at least ${toMiB(least.memoryBytes)} MiB`,
        }
      : undefined,
  ({ portsTaken, hasState }, part) => (hasState ? undefined : taken(portsTaken, part)),
];

/** What may be meant so. */
const warnings: readonly Judgement[] = [
  ({ memoryBytes = least.comfortableBytes }) =>
    memoryBytes >= least.memoryBytes && memoryBytes < least.comfortableBytes
      ? { problem: `it has ${toMiB(memoryBytes)} MiB of memory`, fix: "expect room for few instances" }
      : undefined,
  ({ clockAheadMs = 0 }) =>
    Math.abs(clockAheadMs) > clockMs
      ? {
          problem: `its clock is ${Math.round(Math.abs(clockAheadMs) / 1000)} s ${clockAheadMs > 0 ? "ahead of" : "behind"} ours`,
          fix: "let both follow a time server",
        }
      : undefined,
  // What is part of a cluster stays it; who holds a port without a process there may be its own kernel's WireGuard.
  ({ portsTaken, hasState }, part) =>
    hasState
      ? taken(
          portsTaken.filter(({ by }) => by !== undefined),
          part,
        )
      : undefined,
  ({ portsTaken, hasState }, { mode }) => {
    const tunnel = portsTaken.filter(({ port }) => port === tunnelPort);
    return hasState || mode === "wireguard" || tunnel.length === 0
      ? undefined
      : {
          problem: `${tellPorts(tunnel)}, where hosts have their tunnels: all of them in the mode wireguard, those behind address translators in the mode direct`,
          fix: "move it to another port before the cluster needs this one",
        };
  },
  ({ hasState, isAgentRunning, stateDir }) =>
    hasState && !isAgentRunning
      ? { problem: "its agent does not run", fix: `it is started, with what ${stateDir} holds` }
      : undefined,
];

/** All at once: refusals, then warnings. Empty: it is fit. */
export function judge(facts: Facts, part: Part): Finding[] {
  const of = (severity: Finding["severity"], judgements: readonly Judgement[]) =>
    judgements.flatMap((one): Finding[] => {
      const found = one(facts, part);
      return found === undefined ? [] : [{ severity, ...found }];
    });
  return [...of("refusal", refusals), ...of("warning", warnings)];
}

function tooFull(freeBytes: number | undefined, wanted: number, folder: string) {
  if (freeBytes === undefined || freeBytes >= wanted) return undefined;
  return {
    problem: `${toMiB(freeBytes)} MiB are free for ${folder}`,
    fix: `free at least ${toMiB(wanted)} MiB`,
  };
}

function taken(ports: readonly TakenPort[], { role, mode }: Part) {
  const own = [...(role === "server" ? serverPorts : []), ...(mode === "wireguard" ? [tunnelPort] : [])];
  const needed = ports.filter(({ port }) => own.includes(port));
  if (needed.length === 0) return undefined;
  return {
    problem: `${tellPorts(needed)}, where a cluster's ${role} listens`,
    fix: "stop that or move it to another port, or name another machine",
  };
}

const tellPorts = (taken: readonly TakenPort[]) =>
  taken.map(({ port, by = "somebody" }) => `${by} listens on ${port}`).join(", ");

const toMiB = (bytes: number) => Math.floor(bytes / MiB);

/** A message says why, and then what to do. */
function apart(message: string): Pick<Finding, "problem" | "fix"> {
  const at = message.lastIndexOf("; ");
  return at < 0
    ? { problem: message, fix: "log in as root or as a user with sudo" }
    : { problem: message.slice(0, at), fix: message.slice(at + 2) };
}

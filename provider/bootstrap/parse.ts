import { machineDigest } from "../../contract/index.ts";
import { serverPorts, tunnelPort } from "./ports.ts";
import type { Facts, Membership, TakenPort } from "./types.ts";

/** What cannot be had from the script's text. */
export interface Around {
  readonly stateDir: string;
  readonly rootRefusal: string | undefined;
  /** Our clock in the middle of the script's run. */
  readonly nowMs: number;
}

/** Reads the script's `KEY=VALUE` lines; undefined where they did not all come. */
export function parseFacts(text: string, { stateDir, rootRefusal, nowMs }: Around): Facts | undefined {
  const lines = text.split("\n").flatMap((line): [string, string][] => {
    const at = line.indexOf("=");
    return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1).trim()]];
  });
  const all = (key: string) => lines.filter(([name]) => name === key).map(([, value]) => value);
  const last = (key: string) => all(key).at(-1) ?? "";
  const number = (key: string) => (/^\d+$/.test(last(key)) ? Number(last(key)) : undefined);
  const bytes = (key: string) => {
    const kib = number(key);
    return kib === undefined ? undefined : kib * 1024;
  };
  if (last("done") !== "yes") return undefined;
  const clock = number("clock");
  const machineId = all("machineId").find((id) => /^[0-9a-f]{32}$/.test(id));
  const isAgentRunning = last("agent") === "yes";
  return {
    system: last("system"),
    kernel: last("kernel"),
    machine: last("machine"),
    rootRefusal,
    controllers: [...new Set(all("controllers").flatMap((line) => line.split(" ")))],
    overlay: last("overlay") === "yes",
    stateDir,
    stateFreeBytes: bytes("stateFreeKiB"),
    kitFreeBytes: bytes("kitFreeKiB"),
    kitMountOptions: last("kitMountOptions").split(","),
    memoryBytes: bytes("memoryKiB"),
    // Its clock was read in whole seconds: half of one is on average what that takes off.
    clockAheadMs: clock === undefined ? undefined : clock * 1000 + 500 - nowMs,
    portsTaken: takenIn(all("listens"), all("holder")),
    installed:
      last("installedVersion") === ""
        ? undefined
        : { folder: last("installed"), version: last("installedVersion") },
    hasState: last("state") === "yes",
    hasStore: last("store") === "yes",
    membership: membershipIn(last("membership")),
    machineDigest: machineId === undefined ? undefined : machineDigest(machineId),
    isAgentRunning,
  };
}

/** @param holders of sockets, `INODE PID ours|other NAME` */
function takenIn(listens: readonly string[], holders: readonly string[]): TakenPort[] {
  const found = new Map<string, TakenPort>();
  for (const line of listens) {
    const [table = "", hex = "", inode] = line.split(" ");
    const port = `${Number.parseInt(hex, 16)}/${table.replace("6", "")}`;
    if (![...serverPorts, tunnelPort].includes(port) || found.has(port)) continue;
    const holder = holders.find((one) => one.startsWith(`${inode} `));
    const [, pid, whose, ...name] = holder?.split(" ") ?? [];
    if (whose === "ours") continue;
    found.set(port, { port, ...(holder && { by: `${name.join(" ")} (process ${pid})` }) });
  }
  return [...found.values()].sort((one, other) => (one.port < other.port ? -1 : 1));
}

/** As the agent keeps it (agent/membership.ts); a damaged one is the agent's own to tell of. */
function membershipIn(text: string): Membership | undefined {
  try {
    const { clusterId, clusterName, name } = JSON.parse(text);
    return { clusterId: String(clusterId), clusterName: String(clusterName), name: String(name) };
  } catch {
    return undefined;
  }
}

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import type { AgentPaths } from "../../../contract/index.ts";
import { forwardChains } from "../firewall.ts";
import { readText } from "../process-id.ts";
import { isProgramIn, programFolders, run } from "../programs.ts";
import type { CleanupStep } from "../types.ts";

const forwarding = "net.ipv4.ip_forward";

/** By name as sysctl(8) writes it, the value from before an agent changed it. */
const savedSchema = z.record(z.string(), z.string());

/** Settings of the kernel that an agent changed; those of devices that are gone have gone with them. */
export const sysctls: CleanupStep = {
  kind: "sysctl",
  async find(paths) {
    const needed = await stillNeeded(paths);
    return changedSysctls(paths).filter((name) => !needed.some(({ item }) => item === name));
  },
  keep: stillNeeded,
  async remove(name, paths) {
    const before = readSaved(paths)[name];
    if (before !== undefined) writeFileSync(fileOf(name), before);
  },
};

/** Forwarding, where somebody else's rules are about what is forwarded: they may have come after ours. */
async function stillNeeded(paths: AgentPaths): Promise<{ item: string; reason: string }[]> {
  if (!changedSysctls(paths).includes(forwarding) || !isProgramIn(programFolders(), "nft")) return [];
  const [chain] = forwardChains(await run("nft", ["--json", "list", "chains"]), paths.id);
  if (chain === undefined) return [];
  const reason = `the chain ${chain.family} ${chain.table} ${chain.name} relies on it`;
  return [{ item: forwarding, reason: `${reason}; run \`sysctl ${forwarding}=0\` where nothing does` }];
}

function changedSysctls(paths: AgentPaths): string[] {
  const changed = Object.entries(readSaved(paths)).filter(([name, before]) => {
    return existsSync(fileOf(name)) && readText(fileOf(name)).trim() !== before.trim();
  });
  return changed.map(([name]) => name);
}

function readSaved({ stateDir }: AgentPaths): Record<string, string> {
  try {
    return savedSchema.parse(JSON.parse(readFileSync(join(stateDir, "sysctls.json"), "utf8")));
  } catch {
    return {}; // None was changed, or nobody knows any more what it was.
  }
}

/** Dots part the words; where a device's name holds dots, slashes part the words instead (sysctl(8)). */
function fileOf(name: string): string {
  return join("/proc/sys", name.includes("/") ? name : name.replaceAll(".", "/"));
}

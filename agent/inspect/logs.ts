import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import type { AgentPaths } from "../../contract/index.ts";
import type { Seen } from "./types.ts";

/** The end of a log, in bytes. */
const shownBytes = 512 * 1024;

/** The logs of the processes that keep a machine going: in `agent.log` the guard speaks too. */
export function logFiles({
  stateDir,
  runDir,
}: AgentPaths): { readonly file: string; readonly path: string }[] {
  const named = (path: string, name: string) =>
    ["", ".1", ".2"].map((older) => ({ file: `logs/${name}${older}`, path: `${path}${older}` }));
  return [
    ...named(join(stateDir, "agent.log"), "agent.log"),
    ...named(join(stateDir, "etcd.log"), "etcd.log"),
    ...named(join(runDir, "dnsmasq", "log"), "dnsmasq.log"),
    ...named(join(runDir, "wireguard.log"), "wireguard.log"),
  ];
}

/** Its end; undefined where there is none. */
export function readEnd({ file, path }: { readonly file: string; readonly path: string }): Seen | undefined {
  if (!existsSync(path)) return undefined;
  const { size } = statSync(path);
  const leftOut = Math.max(0, size - shownBytes);
  const buffer = Buffer.alloc(size - leftOut);
  const opened = openSync(path, "r");
  try {
    const text = buffer.toString("utf8", 0, readSync(opened, buffer, 0, buffer.length, leftOut));
    return { file, text, ...(leftOut > 0 && { leftOut }) };
  } finally {
    closeSync(opened);
  }
}

import { existsSync } from "node:fs";
import { AdapterError } from "../error.ts";
import { expectSuccess } from "../spawn/run.ts";
import type { Run } from "../spawn/types.ts";
import type { Sockets, TcpSocket } from "./types.ts";

/** The twin of `createSockets` by ss(8). */
export function createSocketsTool(run: Run): Sockets {
  return {
    async listTcp(netnsFile) {
      if (!existsSync(netnsFile))
        throw new AdapterError(`open network namespace ${netnsFile}`, "ENOENT", "no such file");
      const result = await run(["nsenter", `--net=${netnsFile}`, "ss", "-HOntai"]);
      expectSuccess("list TCP sockets", result);
      return result.stdout.split("\n").flatMap(readLine);
    },
    close() {},
  };
}

/** `ESTAB 0 5 10.64.0.2:80 10.64.0.1:4242 cubic ... lastsnd:12 lastrcv:40`; what is zero is left out. */
function readLine(line: string): TcpSocket[] {
  const [state, unread, unsent, local = "", peer = ""] = line.split(/\s+/);
  const port = Number(local.slice(local.lastIndexOf(":") + 1));
  if (state === "LISTEN") return [{ kind: "listening", port }];
  if (state !== "ESTAB" && state !== "CLOSE-WAIT") return [];
  const address = addressOf(peer);
  return [
    {
      kind: "connected",
      port,
      isInside: address.startsWith("127.") || address === addressOf(local),
      unreadBytes: Number(unread),
      unsentBytes: Number(unsent),
      hasReceived: numberOf(line, "data_segs_in") > 0,
      hasSent: numberOf(line, "data_segs_out") > 0,
      receivedAgoMs: numberOf(line, "lastrcv"),
      sentAgoMs: numberOf(line, "lastsnd"),
    },
  ];
}

/** `[::ffff:10.64.0.1]:4242` is 10.64.0.1. */
function addressOf(end: string): string {
  return end.slice(0, end.lastIndexOf(":")).replace(/^\[(?:::ffff:)?(.*)\]$/, "$1");
}

function numberOf(line: string, name: string): number {
  return Number(new RegExp(`\\b${name}:(\\d+)`).exec(line)?.[1] ?? 0);
}

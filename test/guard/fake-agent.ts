// Stands in for an agent. usage: node fake-agent.ts serve|crash|chatter ROOT [VERSION]
import { rmSync, writeSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

const [mode = "", root = "", version = "0.0.0"] = process.argv.slice(2);
const say = (text: string) => writeSync(1, `${text}\n`);

const modes: Record<string, () => void> = {
  serve() {
    const socket = join(root, "run", "agent.sock");
    rmSync(socket, { force: true });
    createServer((_, response) => response.end(JSON.stringify({ version }))).listen(socket);
    process.on("SIGTERM", () => process.exit(0));
  },
  crash() {
    say("fake agent crashes: the store is on fire");
    process.exit(1);
  },
  /** Writes 4 MiB every 400 ms. */
  chatter() {
    const block = `${"x".repeat(1023)}\n`.repeat(4096);
    setInterval(() => say(block), 400);
  },
};

modes[mode]?.();

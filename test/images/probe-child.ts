import { mkdirSync, writeFileSync } from "node:fs";
import { createFileCalls } from "../../agent/adapters/libc/index.ts";

/** Confines itself as the unpacking child does, then says what it can still do, and waits to be looked at. */
const files = createFileCalls();
files.confine(process.argv[2] ?? "");

const outcome = (attempt: () => void): string => {
  try {
    attempt();
    return "done";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
};

const outcomes = {
  root: outcome(() => process.setuid?.(0)),
  escape: outcome(() => {
    mkdirSync("inner");
    files.confine("inner");
  }),
  device: outcome(() => files.makeNode(Buffer.from("disk"), 0o060600)),
  whiteout: outcome(() => files.makeNode(Buffer.from("gone"), 0o020000)),
  hostFile: outcome(() => writeFileSync("/etc/hostname", "", { flag: "r+" })),
};
process.stdout.write(`${JSON.stringify(outcomes)}\n`);
process.stdin.resume();

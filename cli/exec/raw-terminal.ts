import { spawnSync } from "node:child_process";
import type { Session } from "../session/index.ts";
import { sizeOf } from "../terminal/index.ts";

/**
 * Hands every key to the command and tells it the window's size whenever it changes. Returns what gives the
 * terminal back; that happens too when this process ends in any other way than by kill -9.
 */
export function enterRawTerminal(
  { stdin, stdout }: Pick<Session, "stdin" | "stdout">,
  onResize: (columns: number, rows: number) => void,
): () => void {
  const giveBack = stdin.isTTY ? makeRaw(stdin) : () => undefined;
  const resized = () => {
    const size = sizeOf(stdout);
    if (size !== undefined) onResize(size.columns, size.rows);
  };
  if (stdout.isTTY) stdout.on("resize", resized);
  const restore = () => {
    stdout.off("resize", resized);
    process.off("exit", restore);
    giveBack();
  };
  process.once("exit", restore);
  return restore;
}

/**
 * Node's own raw mode still turns a line feed into two characters, which tears what an editor draws: its terminal
 * inside has done that already. So stty does it, and Node where there is none.
 */
function makeRaw(stdin: NodeJS.ReadStream): () => void {
  const before = stty("-g");
  if (before === undefined || stty("raw", "-echo") === undefined) {
    stdin.setRawMode(true);
    return () => stdin.setRawMode(false);
  }
  return () => void stty(before);
}

/** What it printed; undefined when it failed. */
function stty(...args: readonly string[]): string | undefined {
  const done = spawnSync("stty", args, { stdio: ["inherit", "pipe", "ignore"], encoding: "utf8" });
  return done.status === 0 ? done.stdout.trim() : undefined;
}

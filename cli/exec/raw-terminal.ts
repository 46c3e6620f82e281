import type { Session } from "../session/index.ts";

/**
 * Hands every key to the command and tells it the window's size whenever it changes. Returns what gives the
 * terminal back; that happens too when this process ends in any other way than by kill -9.
 */
export function enterRawTerminal(
  { stdin, stdout }: Pick<Session, "stdin" | "stdout">,
  onResize: (columns: number, rows: number) => void,
): () => void {
  const isRaw = stdin.isTTY === true;
  const resized = () => onResize(stdout.columns, stdout.rows);
  const restore = () => {
    stdout.off("resize", resized);
    process.off("exit", restore);
    if (isRaw) stdin.setRawMode(false);
  };
  process.once("exit", restore);
  if (stdout.isTTY) stdout.on("resize", resized);
  if (isRaw) stdin.setRawMode(true);
  return restore;
}

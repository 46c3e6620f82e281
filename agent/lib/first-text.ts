import type { Readable } from "node:stream";

/** What a process has to complain of: the beginning of its output as text, trimmed. Reads to the end; never rejects. */
export async function firstText(output: Readable, maxCharacters: number): Promise<string> {
  let text = "";
  try {
    for await (const chunk of output) if (text.length < maxCharacters) text += String(chunk);
  } catch {
    // The pipe broke with the process; what came before still tells.
  }
  return text.trim().slice(0, maxCharacters);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: to find them is the point
const controls = /[\u0000-\u001f\u007f-\u009f]/g;
const named: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Text that came from elsewhere, with what could move a terminal's cursor or colours spelt out. */
export function printable(text: string): string {
  return text.replace(
    controls,
    (char) => named[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

/** One word of a POSIX shell. */
export function quote(word: string): string {
  return /^[\w./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A command of words, none of which the shell reads anything into. */
export function shellLine(words: readonly string[]): string {
  return words.map(quote).join(" ");
}

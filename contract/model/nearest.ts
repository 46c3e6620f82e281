/** The candidate a misspelt word most likely means, or undefined when none is near. The first of equals wins. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = distanceOf(word.toLowerCase(), candidate.toLowerCase());
    if (distance <= reach(word, candidate) && (best === undefined || distance < best.distance)) {
      best = { candidate, distance };
    }
  }
  return best?.candidate ?? candidates.find((candidate) => abbreviates(word, candidate));
}

/** Two letters of five may be wrong, and always one. */
function reach(word: string, candidate: string): number {
  return Math.max(1, Math.floor(Math.max(word.length, candidate.length) * 0.4));
}

/** `environment` means `env`. */
function abbreviates(word: string, candidate: string): boolean {
  const [short, long] = word.length < candidate.length ? [word, candidate] : [candidate, word];
  return short.length >= 3 && long.toLowerCase().startsWith(short.toLowerCase());
}

/** Edits between two words: insert, delete, replace, swap of neighbours. Long words count as far apart. */
function distanceOf(a: string, b: string): number {
  if (Math.max(a.length, b.length) > 64) return a === b ? 0 : Number.POSITIVE_INFINITY;
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? 0;
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    rows.push(current);
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1] ? 0 : 1;
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current.push(
        Math.min(
          at(row - 1, column) + 1,
          at(row, column - 1) + 1,
          at(row - 1, column - 1) + same,
          swapped ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
  }
  return at(a.length, b.length);
}

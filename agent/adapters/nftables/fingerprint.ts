/**
 * Tells one listing of a table from another by its words, in whatever order: the kernel may list a set's elements
 * anew ordered. FNV-1a of each word, summed up; one pass, a millisecond per 100 KB.
 */
export function fingerprintOf(listing: string): number {
  let sum = 0;
  let word = fnv.start;
  for (let at = 0; at <= listing.length; at++) {
    const code = at < listing.length ? listing.charCodeAt(at) : space;
    if (code <= space || code === comma) {
      if (word !== fnv.start) sum = (sum + (word >>> 0)) % Number.MAX_SAFE_INTEGER;
      word = fnv.start;
    } else word = Math.imul(word ^ code, fnv.prime);
  }
  return sum;
}

const fnv = { start: 0x811c9dc5 | 0, prime: 0x01000193 };
const space = 0x20;
const comma = 0x2c;

/** How far a quoted value may go on over ends of lines: one that is never closed must not take the rest of a file along. */
const mostQuoted = 16 * 1024;

/** A quotation mark and the backslashes before it; sticky. */
export const opening = /(\\*)(["'])/y;

interface Mark {
  readonly at: number;
  /** Right before it. */
  readonly backslashes: number;
}

/** The next mark of that kind; what lies before `from` counts for nothing. */
function nextMark(text: string, from: number, kind: string): Mark | undefined {
  const at = text.indexOf(kind, from);
  if (at < 0) return undefined;
  let backslashes = 0;
  while (at - backslashes > from && text[at - backslashes - 1] === "\\") backslashes += 1;
  return { at, backslashes };
}

/**
 * Where a quoted value ends that begins at `from`, behind a mark of that kind and so many backslashes. Each string of
 * JSON within another doubles the backslashes of its marks and adds one: a mark ends the value when it is as deep as
 * the opening one, or less.
 */
export function endOfQuoted(text: string, from: number, backslashes: number, kind: string): number {
  const depth = depthOf(backslashes);
  const last = from + mostQuoted;
  for (
    let mark = nextMark(text, from, kind);
    mark && mark.at < last;
    mark = nextMark(text, mark.at + 1, kind)
  ) {
    const closing = depthOf(mark.backslashes);
    if (closing <= depth) return mark.at - (2 ** closing - 1);
  }
  return endOfLine(text, from);
}

/** 0 for a string of JSON, 1 for one in that: how often the number of backslashes and one can be halved. */
function depthOf(backslashes: number): number {
  return Math.trunc(Math.log2((backslashes + 1) & -(backslashes + 1)));
}

/** Where a value without marks of its own ends: with its line or word, and with the string it stands in. */
export function endOfBare(text: string, from: number, until: "line" | "word", isInString: boolean): number {
  const end = until === "line" ? endOfLine(text, from) : endOfWord(text, from);
  if (!isInString) return end;
  let mark = nextMark(text, from, '"');
  while (mark && mark.at < end && mark.backslashes % 2 === 1) mark = nextMark(text, mark.at + 1, '"');
  return Math.min(end, mark?.at ?? end);
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}

function endOfWord(text: string, from: number): number {
  const space = /\s/g;
  space.lastIndex = from;
  return space.exec(text)?.index ?? text.length;
}

/** Follows a text from its begin on, and knows whether a place is within a string of its line. */
export function followStrings(text: string): {
  isInStringAt(place: number): boolean;
  /** The text up to there is a value, whose marks open nothing. */
  skipTo(place: number): void;
} {
  let at = 0;
  let isInString = false;
  let next = nextMark(text, 0, '"');
  const moveTo = (place: number) => {
    if (text.slice(at, place).includes("\n")) isInString = false;
    at = place;
  };
  return {
    isInStringAt(place) {
      for (; next && next.at < place; next = nextMark(text, at, '"')) {
        moveTo(next.at + 1);
        if (next.backslashes % 2 === 0) isInString = !isInString;
      }
      moveTo(place);
      return isInString;
    },
    skipTo(place) {
      at = place;
      if (next && next.at < place) next = nextMark(text, place, '"');
    },
  };
}

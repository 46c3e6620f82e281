import { endOfBare, endOfQuoted, followStrings, opening } from "./quotes.ts";

const mask = "[removed]";
/** What the agent put in the place of a secret that it knows, and what was removed before. */
const masks = [mask, "[secret]"];

const secretName =
  "(?:pass(?:word|wd|phrase)?|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credentials?|authorization|cookie)";
/** Characters of a name behind that: bounded, and taken as a whole, as a long line of a container's would take minutes. */
const rest = (group: string) => `(?=(?<${group}>[\\w.-]{0,100}))\\k<${group}>`;
/** Also in a string of JSON, and in a string of that. */
const mark = "\\\\{0,9}[\"']";
const blank = "[ \\t]{0,9}";

/** What leads from a name to its value. A colon alone leads nowhere: URNs and images have them too. */
const lead = [
  `(?:${mark})?${blank}(?:=>|:)${blank}(?=${mark}|\\[)`,
  `(?:${mark})?${blank}=${blank}`,
  `${mark}${blank}:${blank}`,
  ":[ \\t]+",
  // { "name": "DB_PASSWORD", "value": "x" }
  `${mark}\\s{0,99},\\s{0,99}${mark}value${mark}${blank}:${blank}(?=${mark})`,
].join("|");

/** `"db password of 2026":` is a name too. */
const named = `${secretName}(?:${rest("name")}(?:${lead})|[^"'\\\\\\n]{0,100}${mark}${blank}:${blank})`;
/** `"--token", "x"` and `"Cookie", "x"`: a list in place of pairs; and `--token x`. */
const option = `(?<![\\w-])--[\\w-]{0,100}${secretName}${rest("option")}`;
const header = `(?<![\\w-])(?:(?:proxy-)?authorization|(?:set-)?cookie|x-[\\w-]{0,100}${secretName}${rest("header")})`;
const listed = `(?:${option}|${header})${mark},\\s{0,99}(?=${mark})(?!(?<opens>${mark})\\w{1,20}\\k<opens>${blank}:)|${option}[ ](?=[^-\\s])`;

const names = new RegExp(`${listed}|${named}`, "gi");

/** What looks like a secret wherever it stands; each keeps what says that something was there. */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, mask],
  // https://user:password@host
  [/(\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s/:@"']*:)[^\s/"']+@/gi, `$1${mask}@`],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9+/_.=-]{8,}/gi, `$1 ${mask}`],
  [/\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*/g, mask],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, mask],
];

/** Text without what looks like a secret: the second line of defence, for what others printed. Pure. */
export function redact(text: string): string {
  return withoutValues(
    patterns.reduce((so, [pattern, replacement]) => so.replace(pattern, replacement), text),
  );
}

/** Without what a telling name leads to; where it is not clear how far that goes, rather too much is removed. */
function withoutValues(text: string): string {
  const strings = followStrings(text);
  const parts: string[] = [];
  let at = 0;
  names.lastIndex = 0;
  for (let found = names.exec(text); found !== null; found = names.exec(text)) {
    const start = names.lastIndex;
    for (const { from, end } of valuesAt(text, start, found[0], strings.isInStringAt(start))) {
      strings.isInStringAt(from);
      strings.skipTo(end);
      const value = text.slice(from, end);
      parts.push(text.slice(at, from), masks.includes(value) ? value : mask);
      at = end;
    }
    names.lastIndex = Math.max(at, start);
  }
  return parts.join("") + text.slice(at);
}

interface Value {
  readonly from: number;
  readonly end: number;
}

function valuesAt(text: string, start: number, name: string, isInString: boolean): Value[] {
  if (name.endsWith("=")) return wordAt(text, start, isInString);
  if (text[start] === "{") return [];
  const isMasked = masks.some((each) => text.startsWith(each, start));
  if (text[start] === "[" && !isMasked) return itemsAt(text, start + 1);
  const quoted = quotedAt(text, start);
  if (quoted) return quoted.from === quoted.end ? [] : [quoted];
  const isKeyOfJson = /["'][ \t]*:[ \t]*$/.test(name);
  if (isKeyOfJson) return literalAt(text, start);
  const until = /[= ]$/.test(name) && !name.trimEnd().endsWith(":") ? "word" : "line";
  const end = endOfBare(text, start, until, isInString);
  return end === start ? [] : [{ from: start, end }];
}

/** As a shell reads it: what follows a closing mark at once still belongs to it. */
function wordAt(text: string, start: number, isInString: boolean): Value[] {
  const quoted = quotedAt(text, start);
  const closing = quoted && (/^\\*["']/.exec(text.slice(quoted.end, quoted.end + 20))?.[0].length ?? 0);
  const behind = quoted ? quoted.end + (closing ?? 0) : start;
  const end = endOfBare(text, behind, "word", isInString);
  if (quoted && end === behind) return quoted.from === quoted.end ? [] : [quoted];
  return end === start ? [] : [{ from: quoted?.from ?? start, end }];
}

function quotedAt(text: string, start: number): Value | undefined {
  opening.lastIndex = start;
  const [whole, backslashes, kind] = opening.exec(text) ?? [];
  if (whole === undefined || backslashes === undefined || kind === undefined) return undefined;
  const from = start + whole.length;
  return { from, end: endOfQuoted(text, from, backslashes.length, kind) };
}

/** Of a list; what lies in objects has names of its own. */
function itemsAt(text: string, start: number): Value[] {
  const items: Value[] = [];
  for (let at = start; ; ) {
    at += /^\s*/.exec(text.slice(at, at + 200))?.[0].length ?? 0;
    const item = quotedAt(text, at);
    if (item === undefined) return [...items, ...bareItem(text, at)];
    if (item.end > item.from) items.push(item);
    const comma = /^\\*["']\s{0,99},/.exec(text.slice(item.end, item.end + 200));
    if (comma === null) return items;
    at = item.end + comma[0].length;
  }
}

/** `map[Authorization:[Bearer x]]` */
function bareItem(text: string, from: number): Value[] {
  const length = /^[^{}[\]\n]*/.exec(text.slice(from))?.[0].length ?? 0;
  return length === 0 ? [] : [{ from, end: from + length }];
}

/** A number, or a word of YAML; what says nothing stays. */
function literalAt(text: string, from: number): Value[] {
  const literal = /^[^,}\]\s\\"]+/.exec(text.slice(from, from + 16 * 1024))?.[0] ?? "";
  return ["", "true", "false", "null"].includes(literal) ? [] : [{ from, end: from + literal.length }];
}

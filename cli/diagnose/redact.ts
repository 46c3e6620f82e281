const mask = "[removed]";

const secretName =
  "(?:pass(?:word|wd|phrase)?|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credentials?|authorization|cookie)";

/** Characters of a name before and behind that: without a bound, a long line of a container's would take minutes. */
const most = 100;

/** What looks like a secret wherever it stands; each keeps what says that something was there. */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, mask],
  // https://user:password@host
  [/(\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s/:@"']*:)[^\s/@"']+@/gi, `$1${mask}@`],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9+/_.=-]{8,}/gi, `$1 ${mask}`],
  // "DB_PASSWORD": "x", also inside of a string of JSON
  [
    new RegExp(
      `(\\\\{0,9}"[\\w.-]{0,${most}}${secretName}[\\w.-]{0,${most}}\\\\{0,9}"\\s{0,9}:\\s{0,9}\\\\{0,9}")(?:[^"\\\\]|\\\\(?!")[^"])+`,
      "gi",
    ),
    `$1${mask}`,
  ],
  // DB_PASSWORD=x, --token=x, password: x
  [
    new RegExp(`(${secretName}[\\w.-]{0,${most}}(?:=|:[ \\t]+))(?!\\[removed\\])[^\\s"',;{}[\\]]+`, "gi"),
    `$1${mask}`,
  ],
  [/\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*/g, mask],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, mask],
];

/** Text without what looks like a secret: the second line of defence, for what others printed. Pure. */
export function redact(text: string): string {
  return patterns.reduce((so, [pattern, replacement]) => so.replace(pattern, replacement), text);
}

/** The first of etcd's words that say what is wrong: JSON lines, and Go's own when it panics. Those after it follow from it. */
export function firstComplaint(words: string): string | undefined {
  return words.split("\n").flatMap((line) => complaintOf(line) ?? [])[0];
}

function complaintOf(line: string): string | undefined {
  if (/^(panic|fatal error|unexpected fault address|.*: error while loading)/.test(line)) return line.trim();
  try {
    const { level, msg, error } = JSON.parse(line) as Record<string, unknown>;
    if (level !== "error" && level !== "fatal" && level !== "panic") return undefined;
    if (error === endedByUs) return undefined;
    return error === undefined ? String(msg) : `${msg}: ${error}`;
  } catch {
    return undefined; // A line of a stack trace.
  }
}

/** It was asked to end. */
const endedByUs = "mux: server closed";

/** What its words mean to whoever runs the machine; `freeBytes` of the disk with its data. */
export function troubleOf(
  words: string,
  { dataDir, freeBytes }: { readonly dataDir: string; readonly freeBytes: number },
): string | undefined {
  const complaint = firstComplaint(words);
  if (freeBytes < leastFreeBytes || /no space left|disk quota exceeded/.test(words))
    return `no space left for ${dataDir}; free some, and it goes on by itself`;
  if (complaint !== undefined && damage.test(words)) {
    return `its files in ${dataDir} are damaged (${complaint}); restore a backup with \`constellation restore --force FILE\`. What runs keeps running`;
  }
  return complaint && `it ended: ${complaint}`;
}

/** Less is too little for etcd to begin a new page, and its own words then find no place in its log either. */
const leastFreeBytes = 1024 * 1024;

/** Of the log ahead of writing, the data itself, or the snapshots between the two. */
const damage =
  /crc mismatch|invalid database|file size too small|checksum|unexpected fault address|cannot use none as id|assertion failed|unexpected EOF|max entry size limit exceeded|snapshot file doesn't exist|wal: |walpb: |proto: |failed to (?:open|recover)/;

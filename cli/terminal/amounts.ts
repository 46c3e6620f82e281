/** Time and size as people read them. */

const units = [
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
  ["s", 1],
] as const;

/** A length of time in at most two units, the second only while the first is small: `4s`, `3m12s`, `2h`, `9d`. */
export function shortDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const first = units.findIndex(([, size]) => seconds >= size);
  if (first < 0) return "0s";
  const [unit, size] = units[first] as (typeof units)[number];
  const count = Math.floor(seconds / size);
  const next = units[first + 1];
  if (count >= 10 || next === undefined) return `${count}${unit}`;
  const rest = Math.floor((seconds - count * size) / next[1]);
  return rest === 0 ? `${count}${unit}` : `${count}${unit}${rest}${next[0]}`;
}

/** How long ago an RFC 3339 time was; empty where there is none. A clock that runs ahead reads as `0s`. */
export function age(since: string | undefined, nowMs: number): string {
  const then = since === undefined ? Number.NaN : Date.parse(since);
  return Number.isNaN(then) ? "" : shortDuration(nowMs - then);
}

const powers = ["B", "Ki", "Mi", "Gi", "Ti"] as const;

/** Bytes with three digits: `512Mi`, `3.8Gi`. */
export function shortBytes(bytes: number): string {
  let value = bytes;
  let power = 0;
  while (value >= 1_000 && power < powers.length - 1) {
    value /= 1_024;
    power += 1;
  }
  return `${value >= 10 || power === 0 ? Math.round(value) : Math.round(value * 10) / 10}${powers[power]}`;
}

/** An RFC 3339 time in the reader's time zone, to the second: `2026-11-23 07:00:12`; as it is when it is none. */
export function localTime(at: string): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return at;
  const two = (value: number) => String(value).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":")}`;
}

/** A reference whose digest is cut to 12 hex digits. */
export function shortImage(image: string): string {
  return image.replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/, "$1");
}

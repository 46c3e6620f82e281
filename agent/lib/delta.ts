/** What makes one JSON value of another. */
export type Delta =
  /** Nothing of what was. */
  | { readonly is: unknown }
  /** An object: what its fields become, and which of them end. */
  | { readonly fields: Readonly<Record<string, Delta>>; readonly without?: readonly string[] }
  /** A list: what it is put together from. */
  | { readonly list: readonly Piece[] }
  | Same;

type Same = { readonly same: true };

type Piece =
  /** Items that were there: from one place on, so many. */
  | readonly [from: number, count: number]
  /** One that was there, and became another. */
  | { readonly from: number; readonly delta: Delta }
  | { readonly new: unknown[] };

type Fields = Readonly<Record<string, unknown>>;

const same: Same = { same: true };

/** What makes `after` of `before`, as JSON knows them; what is the same object is not looked into. Pure. */
export function deltaOf(before: unknown, after: unknown): Delta {
  if (before === after) return same;
  if (Array.isArray(before) && Array.isArray(after)) return deltaOfList(before, after);
  if (isFields(before) && isFields(after)) return deltaOfFields(before, after);
  return { is: after };
}

/** What `before` becomes; what stays the same is the same object. Throws where the delta was made of something else. Pure. */
export function applyDelta(before: unknown, delta: Delta): unknown {
  if ("same" in delta) return before;
  if ("is" in delta) return delta.is;
  if ("fields" in delta && isFields(before)) {
    const { fields, without = [] } = delta;
    const kept = Object.entries(before).filter(([name]) => !without.includes(name));
    const changed = Object.entries(fields).map(([name, one]) => [name, applyDelta(own(before, name), one)]);
    return Object.fromEntries([...kept, ...changed]);
  }
  if ("list" in delta && Array.isArray(before)) return delta.list.flatMap((piece) => itemsOf(before, piece));
  throw new Error("apply a change: it is none of what is here");
}

export const isSame = (delta: Delta): delta is Same => "same" in delta;

function deltaOfFields(before: Fields, after: Fields): Delta {
  const fields = Object.entries(after).flatMap(([name, value]): [string, Delta][] => {
    if (value === undefined) return [];
    const earlier = own(before, name);
    const delta = earlier === undefined ? { is: value } : deltaOf(earlier, value);
    return isSame(delta) ? [] : [[name, delta]];
  });
  const without = Object.keys(before).filter(
    (name) => own(before, name) !== undefined && own(after, name) === undefined,
  );
  if (fields.length + without.length === 0) return same;
  return { fields: Object.fromEntries(fields), ...(without.length > 0 && { without }) };
}

/** Items are found again by what names them, wherever they stand; those without a name where the next one is due. */
function deltaOfList(before: readonly unknown[], after: readonly unknown[]): Delta {
  let places: ReadonlyMap<string | undefined, number> | undefined;
  const placeOf = (name: string | undefined) => {
    places ??= new Map(before.map((item, at) => [nameOf(item), at]));
    return name === undefined ? undefined : places.get(name);
  };
  const pieces: Piece[] = [];
  let next = 0;
  for (const item of after) {
    const name = nameOf(item);
    const isNext = next < before.length && nameOf(before[next]) === name;
    const at = isNext ? next : placeOf(name);
    const delta = at === undefined ? { is: item } : deltaOf(before[at], item);
    append(pieces, at ?? next, delta);
    next = at === undefined ? next : at + 1;
  }
  const [only] = pieces;
  const isWhole = pieces.length === 1 && Array.isArray(only) && only[0] === 0 && only[1] === before.length;
  return isWhole || before.length + after.length === 0 ? same : { list: pieces };
}

function append(pieces: Piece[], at: number, delta: Delta): void {
  const last = pieces.at(-1);
  if (isSame(delta)) {
    const follows = Array.isArray(last) && last[0] + last[1] === at;
    if (follows) pieces.splice(-1, 1, [last[0], last[1] + 1]);
    else pieces.push([at, 1]);
  } else if ("is" in delta) {
    if (last && "new" in last) last.new.push(delta.is);
    else pieces.push({ new: [delta.is] });
  } else pieces.push({ from: at, delta });
}

function itemsOf(before: readonly unknown[], piece: Piece): readonly unknown[] {
  if ("new" in piece) return piece.new;
  const [from, count] = "delta" in piece ? [piece.from, 1] : piece;
  if (from < 0 || from + count > before.length) throw new Error("apply a change: the list is another one");
  return "delta" in piece ? [applyDelta(before[from], piece.delta)] : before.slice(from, from + count);
}

/** What tells an item of a list from the others. */
function nameOf(item: unknown): string | undefined {
  if (typeof item === "string") return item;
  if (!isFields(item)) return undefined;
  const name = item.id ?? item.uid ?? item.instance ?? item.name;
  return typeof name === "string" ? name : undefined;
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const own = (fields: Fields, name: string) => (Object.hasOwn(fields, name) ? fields[name] : undefined);

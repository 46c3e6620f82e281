import { ConstellationError, type Digest } from "../../contract/index.ts";
import type { OtherBlobs } from "./types.ts";

/** As many servers hold each of them where there are as many. */
const copiesWanted = 2;

type Place = Omit<OtherBlobs, "server">;

interface Answered {
  readonly place: Place;
  readonly lacks: Set<string>;
}

/**
 * Gets what any server has to two of those that stay, or to the only one. Throws `busy` where something would be left
 * on none of them; a second copy that nobody takes now follows later.
 */
export async function spread(
  digests: readonly Digest[],
  staying: readonly Place[],
  leaving: readonly Place[],
  action: string,
  signal: AbortSignal,
): Promise<void> {
  const [stay, go] = await Promise.all([answersOf(staying, digests), answersOf(leaving, digests)]);
  const wanted = Math.min(copiesWanted, stay.length);
  for (const digest of digests) {
    const [lacking, holding] = [stay.filter(lacks(digest)), stay.filter(not(lacks(digest)))];
    const source = holding[0] ?? go.find(not(lacks(digest)));
    // What nobody has that answers cannot be saved by anybody's staying.
    if (source === undefined) continue;
    let held = holding.length;
    let trouble: unknown;
    for (const { place } of lacking) {
      if (held >= wanted) break;
      try {
        await place.put(digest, await source.place.open(digest, signal));
        held += 1;
      } catch (error) {
        trouble = error;
      }
    }
    if (held === 0) throw leftAlone(action, trouble);
  }
}

/** Those that answer, with what they lack. */
async function answersOf(places: readonly Place[], digests: readonly Digest[]): Promise<Answered[]> {
  const asked = places.map(async (place) => ({ place, lacks: new Set(await place.missing(digests)) }));
  return (await Promise.allSettled(asked)).flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
}

const lacks = (digest: Digest) => (one: Answered) => one.lacks.has(digest);
const not = (is: (one: Answered) => boolean) => (one: Answered) => !is(one);

function leftAlone(action: string, trouble: unknown): ConstellationError {
  const reason = trouble instanceof Error ? trouble.message : "none answers";
  const problem = `${action}: it alone has an uploaded image in use, and no other server takes it (${reason})`;
  return new ConstellationError("busy", `${problem}; try again`, { cause: trouble });
}

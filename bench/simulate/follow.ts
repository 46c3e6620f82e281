import { setTimeout as delay } from "node:timers/promises";
import { applyDelta, type Delta } from "../../agent/lib/delta.ts";
import { openStream } from "../../agent/link/index.ts";
import { type Assignment, type Links, sessionPaths } from "../../agent/session/index.ts";

const pauseMs = 200;
const newline = 10;
/** The line of what all hosts are told begins so. */
const shared = Buffer.from('{"services":');

type Own = Omit<Assignment, "services">;

/**
 * A host's own part of its assignments, over the product's own links and in its words. What all hosts are told arrives as well, and is
 * let go of before it becomes objects: some hundred hosts of one process would hold it some hundred times.
 */
export async function* followOwn(
  links: Links,
  onBreak: () => void,
  signal: AbortSignal,
): AsyncGenerator<Own> {
  while (!signal.aborted) {
    try {
      const link = await links.current();
      const over = AbortSignal.any([signal, link.over]);
      const wish = JSON.stringify({ changes: true });
      const { body } = await openStream(link.session, sessionPaths.assignments, over, wish);
      let own: unknown;
      for await (const line of ownLines(body)) {
        const news = JSON.parse(line) as { own?: Delta };
        if (news.own === undefined) continue;
        own = applyDelta(own, news.own);
        yield own as Own;
      }
    } catch {
      if (!signal.aborted) onBreak();
    }
    await delay(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

async function* ownLines(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let begun: Buffer[] = [];
  for await (const chunk of body) {
    let from = 0;
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
      begun.push(chunk.subarray(from, at));
      from = at + 1;
      const line = begun.length === 1 ? (begun[0] as Buffer) : Buffer.concat(begun);
      begun = [];
      if (!line.subarray(0, shared.length).equals(shared)) yield line.toString("utf8");
    }
    const rest = chunk.subarray(from);
    const isOfShared = begun[0]?.subarray(0, shared.length).equals(shared) ?? false;
    if (rest.length > 0 && !isOfShared) begun.push(rest);
  }
}

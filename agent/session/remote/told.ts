import { applyDelta } from "../../lib/delta.ts";
import type { Assignment } from "../types.ts";
import { type Message, whole } from "../wire.ts";

export interface Told {
  readonly assignment: Assignment;
  readonly servers: readonly string[];
}

/**
 * Puts the lines of one stream of assignments together; gives an assignment once it is whole. Throws where a change is none of
 * what was told before: the next stream begins anew.
 */
export function createTold(): (news: Message) => Told | undefined {
  let own: unknown;
  let services: unknown;
  return (news) => {
    if ("assignment" in news) return news;
    if ("services" in news) services = applyDelta(services, news.services);
    if (!("own" in news)) return undefined;
    own = applyDelta(own, news.own);
    return { assignment: whole.parse({ ...(own as object), services }), servers: news.servers };
  };
}

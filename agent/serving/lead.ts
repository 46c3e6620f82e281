import type { Logger } from "pino";
import { createGrants, createProofs, createRelay, type Grants, type Relay } from "../fence/index.ts";
import type { HostWatch } from "../hosts/index.ts";
import { followLeadership, type Leadership, type Standing } from "../leader/index.ts";
import type { Store } from "../store/index.ts";
import type { OtherServers } from "./other-servers.ts";

export interface LeadOptions {
  /** As it was written. */
  readonly records: Store;
  readonly self: string;
  readonly others: Pick<OtherServers, "isAlone" | "askConfirmation">;
  readonly watch: Pick<HostWatch, "isAnswering">;
  readonly standing: () => Promise<Standing>;
  readonly now: () => Date;
  /** Milliseconds on the boot clock. */
  readonly bootClock: () => number;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export interface Lead {
  readonly leadership: Leadership;
  /** What this server itself confirms to hosts, which it does while it leads. */
  readonly grants: Grants;
  /** What it tells hosts in the leader's place. */
  readonly relay: Relay;
}

/** Who leads, and by whose word hosts go on with what may run once at most. */
export function followLead(options: LeadOptions): Lead {
  const { records, self, others, watch, bootClock, signal } = options;
  const leadership = followLeadership({
    ...{ store: records, self, now: options.now, signal, log: options.log },
    standing: options.standing,
    isReady: watch.isAnswering,
  });
  const proofs = createProofs({
    ...{ leadership, confirm: records.confirm, now: bootClock, signal },
    isAlone: others.isAlone,
  });
  const grants = createGrants({ store: records, ...proofs, now: bootClock });
  const relay = createRelay({
    ...{ leader: leadership.leader, confirm: grants.confirm, isAwaited: grants.isAwaited },
    ...{ askLeader: others.askConfirmation, now: bootClock },
  });
  return { leadership, grants, relay };
}

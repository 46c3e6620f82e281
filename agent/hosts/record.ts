import {
  ConstellationError,
  type HostWrite,
  isSameOwner,
  type Member,
  machineDigest,
  member,
  type Owner,
} from "../../contract/index.ts";
import type { HostRecord, TokenRecord } from "../store/index.ts";
import type { HostState } from "./liveness.ts";

/** As the API answers it. */
export function describe(record: HostRecord, state: HostState): Member {
  const { uid, availability = "active" } = record;
  const machine = uid === undefined ? {} : { machineDigest: machineDigest(uid) };
  return member.parse({ ...record, ...machine, state, availability });
}

/** The record with what somebody says of it anew; what is empty says nothing, and is not kept. */
export function changed(record: HostRecord, write: HostWrite): HostRecord {
  const given = Object.entries(write).filter(([, value]) => value !== undefined);
  // Whoever says where it is reached means that it can be dialled there.
  const reached = write.address === undefined ? {} : { isBehindNat: false };
  const kept = Object.entries({ ...record, ...Object.fromEntries(given), ...reached }).filter(
    ([, value]) => !isEmpty(value),
  );
  return Object.fromEntries(kept) as HostRecord;
}

const isEmpty = (value: unknown) =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0;

/** What a host is from its first moment on: as its token says, so that no instance comes before its taints. */
export function newHost(
  { host, role = "host", owner, labels, taints, reserved }: TokenRecord,
  cidr: string,
  now: Date,
): HostRecord {
  const said = { ...(owner && { owner }), ...(labels && { labels }), ...(taints && { taints }) };
  return {
    name: host,
    role,
    cidr,
    addedAt: now.toISOString(),
    ...said,
    ...(reserved && { reserved }),
  };
}

/** A name is its owner's, who may ask once more. Throws `owned`. */
export function refuseOther(there: HostRecord | undefined, owner: Owner | undefined): void {
  if (there === undefined || owner === undefined) return;
  if (there.owner !== undefined && isSameOwner(there.owner, owner)) return;
  const by = there.owner === undefined ? "joined by hand" : `created by ${there.owner.id}`;
  throw new ConstellationError(
    "owned",
    `create host ${there.name}: it exists, ${by} on ${there.addedAt}; import it or choose another name`,
  );
}

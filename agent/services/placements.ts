import { limits } from "../../contract/index.ts";
import { nextAddress } from "../cluster/index.ts";
import type { Placed, PlacementRecord } from "../store/index.ts";
import type { Op } from "./types.ts";

/** Addresses at the start of a host's range that no instance gets: the network's own and the host's. */
const reservedAddresses = 2;
/** Room left in a key for the next few changes of reasons. */
const chunkBytes = limits.recordBytes - 4 * 1024;

export interface ApplyOptions {
  /** The host's range of addresses. */
  readonly cidr: string;
  /** RFC 3339. */
  readonly at: string;
  /** Six hex digits, random. */
  readonly suffix: () => string;
}

/**
 * A host's placements after some ops, in the same chunks as before where they still fit. Ops on instances that are
 * no longer there change nothing, and a slot gets no second instance of one revision: a repeated op is harmless, and so
 * is one that was decided before somebody else placed the same.
 */
export function applyOps(
  chunks: readonly PlacementRecord[],
  ops: readonly Op[],
  options: ApplyOptions,
): PlacementRecord[] {
  const after = chunks.map(({ placements }) => [...placements]);
  if (after.length === 0) after.push([]);
  let given = chunks[0]?.given ?? 0;
  const sizes = createSizes(after);
  for (const op of ops) {
    if (op.kind === "place") {
      const all = after.flat();
      if (all.some((placed) => isPlacedBy(op, placed))) continue;
      const next = nextAddress(
        options.cidr,
        given,
        new Set(all.map(({ address }) => address)),
        reservedAddresses,
      );
      if (!next) continue; // The range is used up: the slot stays missing, and the next pass tries again.
      given = next.given;
      sizes.add(placedBy(op, next.address, options, new Set(all.map(({ id }) => id))));
    } else {
      for (const chunk of after) {
        const at = chunk.findIndex(({ id }) => id === op.id);
        const placed = chunk[at];
        if (placed === undefined) continue;
        if (op.kind === "forget") chunk.splice(at, 1);
        else if (op.kind === "move") chunk[at] = { ...placed, isMoving: true };
        else
          chunk[at] = {
            ...placed,
            ...{ want: "drain", reason: op.reason, at: options.at },
            ...(op.kind === "fence" && { isFenced: true }),
          };
      }
    }
  }
  return after.map((placements, index) => (index === 0 ? { placements, given } : { placements }));
}

function isPlacedBy(op: Op & { kind: "place" }, { serviceUid, index, revision, want }: Placed): boolean {
  return want === "run" && serviceUid === op.uid && index === op.index && revision >= op.revision;
}

/** Puts into the first chunk with room, making one where there is none. What changes of the others meanwhile is within the room left. */
function createSizes(chunks: Placed[][]) {
  const sizes = chunks.map((chunk) => JSON.stringify(chunk).length);
  return {
    add(placed: Placed): void {
      const bytes = JSON.stringify(placed).length + 1;
      const found = chunks.findIndex(
        (chunk, at) => chunk.length === 0 || (sizes[at] ?? 0) + bytes < chunkBytes,
      );
      const at = found === -1 ? chunks.push([]) - 1 : found;
      chunks[at]?.push(placed);
      sizes[at] = (sizes[at] ?? 2) + bytes;
    },
  };
}

function placedBy(
  op: Op & { kind: "place" },
  address: string,
  { at, suffix }: ApplyOptions,
  taken: ReadonlySet<string>,
): Placed {
  let id: string;
  do id = `${op.slot}-${suffix()}`;
  while (taken.has(id));
  return {
    id,
    namespace: op.namespace,
    service: op.service,
    serviceUid: op.uid,
    name: op.slot,
    index: op.index,
    revision: op.revision,
    address,
    want: "run",
    reason: op.reason,
    at,
  };
}

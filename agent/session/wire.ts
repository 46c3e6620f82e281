import * as z from "zod";
import { hostReport, instance } from "../../contract/index.ts";
import { confirmation } from "../fence/index.ts";
import type { Delta } from "../lib/delta.ts";
import type { Assignment, Observation } from "./types.ts";

/** What a host asks a server for, by path. */
export const paths = {
  /** A stream of messages, until either end closes it. */
  assignments: "/session/assignments",
  observation: "/session/observation",
  progress: "/session/progress",
  /** A stream both ways: beats up, their echoes down. */
  heartbeats: "/session/heartbeats",
  certificate: "/session/certificate",
  leave: "/session/leave",
  blobs: "/session/blobs/",
} as const;

/** Sizes in bytes, times in milliseconds. */
export const wireLimits = {
  observationBytes: 32 * 1024 ** 2,
  /** What a host says of one instance, and of itself. */
  reportBytes: 16 * 1024,
  /** How long a server reads up to what a host has heard of another one. */
  behindMs: 5_000,
  beatBytes: 4 * 1024,
  /** What a host says when it asks for its assignments. */
  wishBytes: 4 * 1024,
  /** Its answer names the exclusive instances of the host. */
  echoBytes: 1024 ** 2,
  beatMs: 500,
  /** Beats without an echo: then the server does not answer. */
  unansweredBeats: 4,
  /** Between two looks whether a server is cut off from the others. */
  strandedLookMs: 500,
  /** Between two tries to reach a server: doubled each time, with some chance in it. */
  firstPauseMs: 100,
  longestPauseMs: 2_000,
} as const;

/** What a host asks for with the stream of assignments; an older one says nothing of changes. */
export const wish = z.object({ changes: z.boolean().optional() });

/** Down the stream of assignments. Only ever written by a server that was proven, so a look at what steers is enough. */
const assignment = z.looseObject({
  revision: z.int(),
  lineage: z.string().optional(),
  host: z.looseObject({ name: z.string(), cidr: z.string() }),
  placements: z.array(z.looseObject({ id: z.string() })),
  specs: z.looseObject({}),
  services: z.array(z.unknown()),
});
export const whole = assignment as unknown as z.ZodType<Assignment>;
const delta = z.looseObject({}) as unknown as z.ZodType<Delta>;

export const message = z.union([
  /** Everything: to a host that does not ask for changes, and from an older server. */
  z.object({ assignment: whole, servers: z.array(z.string()) }),
  /** Instances are about to be placed somewhere. */
  z.object({ placing: z.literal(true) }),
  /** What all hosts are told; the line after it is the host's own. */
  z.object({ services: delta }),
  /** All else, which completes an assignment. Both are changes of what was told before on the same stream, at first of nothing. */
  z.object({ own: delta, servers: z.array(z.string()) }),
]);
export type Message = z.infer<typeof message>;

/** A host's word is checked whole: it is one of many, and may be anybody's by now. */
export const observation: z.ZodType<Observation> = z.object({
  host: hostReport,
  instances: z.array(instance),
  heard: z.object({ revision: z.int(), lineage: z.string().max(64).optional() }).optional(),
  count: z.int().min(0).optional(),
});

export const progress = z.object({ instance: z.string().max(256), message: z.string().max(1_024) });

/** What a host says with each heartbeat. */
export const beat = z.object({
  at: z.number(),
  /** How far its clock is ahead of the server's, by the echo of the beat before. */
  skewMs: z.number().optional(),
  /** Also where it is a server whose own store can write no report. */
  isDiskFull: z.boolean().optional(),
});
/** `confirmed`: what the host may go on running exclusively; the leader's word, of this server or passed on by it. */
export const echo = z.object({
  at: z.number(),
  of: z.number(),
  confirmed: confirmation.optional(),
  /** The server is cut off from the others: by it alone a host is cut off as well. */
  isStranded: z.boolean().optional(),
});

export const renewed = z.object({ certificate: z.string() });

import { z } from "zod";
import { destinationPattern, notDestination } from "../destination.ts";

/** The context that is always there: no other machine. */
export const thisMachine = "default";

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
export const contextName = z
  .string()
  .refine((name) => namePattern.test(name), {
    error: "must be letters, digits, dots, dashes and underscores, at most 63, the first a letter or digit",
  })
  .refine((name) => name !== thisMachine, { error: `${thisMachine} is this machine, always` });

export const machine = z.string().regex(destinationPattern, notDestination);

/** The file as a whole: what it says beside this is refused, as a newer version may mean something by it. */
export const book = z
  .strictObject({
    /** Asked where nothing else is said; absent: this machine. */
    current: z.string().optional(),
    contexts: z.record(contextName, z.strictObject({ connect: machine })),
  })
  .refine(({ current, contexts }) => current === undefined || Object.hasOwn(contexts, current), {
    error: "names no context",
    path: ["current"],
  });
export type Book = z.infer<typeof book>;

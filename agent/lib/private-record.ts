import { rmSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { ConstellationError } from "../../contract/index.ts";
import { readPrivate, writePrivate } from "./private-file.ts";

/** What a machine knows about itself alone: one record, in a file of root's in its state folder. */
export interface PrivateRecord<T> {
  /** Undefined where there is none. Throws `host-unfit` where it cannot be read: to go on without it would be a guess. */
  read(stateDir: string): T | undefined;
  write(stateDir: string, record: T): void;
  forget(stateDir: string): void;
}

const first = z.object({ version: z.literal(1) });

/** `fix`: what to do where the file is damaged. */
export function privateRecord<T extends object>(
  fileName: string,
  schema: z.ZodType<T>,
  fix: string,
): PrivateRecord<T> {
  return {
    read(stateDir) {
      const file = join(stateDir, fileName);
      try {
        const text = readPrivate(file);
        if (text === undefined) return undefined;
        const found = JSON.parse(text);
        first.parse(found);
        return schema.parse(found);
      } catch (cause) {
        throw new ConstellationError("host-unfit", `read ${file}: it is damaged; ${fix}`, { cause });
      }
    },
    write(stateDir, record) {
      writePrivate(join(stateDir, fileName), `${JSON.stringify({ version: 1, ...record })}\n`);
    },
    forget(stateDir) {
      rmSync(join(stateDir, fileName), { force: true });
    },
  };
}

import * as z from "zod";
import { logLine, stats } from "../../contract/index.ts";

/** What a host can be asked for. Errors are ConstellationErrors. */
export interface Reachable {
  logs(id: string, query: LogQuery, signal: AbortSignal): AsyncIterable<z.infer<typeof logLine>>;
  exec(id: string, request: ExecRequest): Promise<Command>;
  stats(): Promise<z.infer<typeof stats>>;
}

export interface LogQuery {
  readonly tail?: number;
  readonly since?: string;
  readonly follow: boolean;
}

export interface ExecRequest {
  readonly command: readonly string[];
  readonly tty: boolean;
  readonly user?: string;
  readonly workingDir?: string;
  readonly columns: number;
  readonly rows: number;
}

/** A command that runs inside an instance. */
export interface Command {
  readonly output: AsyncIterable<{ readonly stream: "stdout" | "stderr"; readonly data: Uint8Array }>;
  write(data: Uint8Array): Promise<void>;
  endInput(): void;
  resize(columns: number, rows: number): void;
  readonly exit: Promise<number>;
  close(): void;
}

export const paths = { logs: "/reach/logs", exec: "/reach/exec", stats: "/reach/stats" } as const;

/** In bytes. */
export const reachLimits = {
  lineBytes: 1024 * 1024,
  statsBytes: 16 * 1024 ** 2,
  frameBytes: 1024 * 1024,
} as const;

export const logsRequest = z.object({
  id: z.string(),
  query: z.object({ tail: z.number().optional(), since: z.string().optional(), follow: z.boolean() }),
});

export const execRequest = z.object({
  id: z.string(),
  request: z.object({
    command: z.array(z.string()),
    tty: z.boolean(),
    user: z.string().optional(),
    workingDir: z.string().optional(),
    columns: z.int(),
    rows: z.int(),
  }),
});

export { logLine, stats };

import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Inside } from "../lab/index.ts";

export interface Load {
  /** Ends it; what became of its requests. Every one is in `answered` or in `failures`. */
  stop(): Promise<Outcome>;
}

export interface Outcome {
  readonly answered: number;
  readonly failures: readonly string[];
  /** From a request's start to its answer's end. */
  readonly slowestMs: number;
}

export interface LoadOptions {
  readonly perSecond?: number;
  /** `new`: one a request. `kept`: a few, used again and again, never tried twice. `kept-again`: see the client. */
  readonly connections?: "new" | "kept" | "kept-again";
  /** A network namespace of the machine that it comes from; its own by default. */
  readonly netns?: string;
}

const program = join(import.meta.dirname, "load-client.ts");

/** A steady open-loop load on a URL; resolves once its first request has ended. Three minutes of it are a failure. */
export async function startLoad(
  machine: Pick<Inside, "spawn">,
  url: string,
  { perSecond = 50, connections = "new", netns }: LoadOptions = {},
): Promise<Load> {
  const from = netns === undefined ? [] : ["ip", "netns", "exec", netns];
  const node = [process.execPath, "--disable-warning=ExperimentalWarning"];
  const argv = [...from, ...node, program, url, String(perSecond), connections];
  const client = await machine.spawn(argv, { stdio: ["pipe", "pipe", "inherit"] });
  const { stdin, stdout } = client;
  if (stdin === null || stdout === null) throw new Error("start load: its input and output are no pipes");
  await once(stdout, "readable");
  return {
    async stop() {
      stdin.end();
      return JSON.parse(await text(stdout));
    },
  };
}

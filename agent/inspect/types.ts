import type { AgentPaths } from "../../contract/index.ts";

/** What a look at the machine needs to know and may do. */
export interface Looking {
  readonly paths: AgentPaths;
  /** Of the agent, where it runs: its mounts are in a namespace of its own on some machines. */
  readonly agentPid: number | undefined;
  /** Runs a program to its end; its output. Rejects with its own words, and after some seconds. */
  run(program: string, args: readonly string[]): Promise<string>;
}

/** One file of what is seen: text as it is, anything else as JSON. */
export interface Look {
  readonly file: string;
  readonly look: (looking: Looking) => Promise<unknown> | unknown;
}

export type Seen = { readonly file: string } & (
  | { readonly text: string /** Bytes at its beginning that were left out. */; readonly leftOut?: number }
  | { readonly failure: string }
);

/** What packets between two hosts go through. */
export const wayNames = ["direct", "wireguard", "underlay", "routed", "wireguard-go"] as const;
export type WayName = (typeof wayNames)[number];

/** One measurement. */
export interface Sample {
  readonly way: WayName;
  /** What arrived over one TCP connection. */
  readonly gigabitsPerSecond: number;
  /** From a small request to its answer, over TCP; the median. */
  readonly roundTripUs: number;
}

/** What to measure between: the tools run on hosts, or within instances there. */
export interface Way {
  readonly name: WayName;
  readonly from: End;
  readonly to: End;
}

export interface End {
  readonly address: string;
  readonly spawn: Run<unknown>;
  /** Rejects where it fails; what it prints. */
  readonly output: Run<string>;
}

type Run<T> = (argv: readonly string[]) => Promise<T>;

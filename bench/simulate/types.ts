/** A simulated host, and its right to join. */
export interface Ticket {
  readonly name: string;
  readonly token: string;
}

/** What a process of simulated hosts is told first, as a line on its standard input. */
export interface Setting {
  /** `ADDRESS:PORT` */
  readonly server: string;
  readonly tickets: readonly Ticket[];
}

/** What it says of its hosts now and then, as lines on its standard output; counts only grow. */
export interface Count {
  /** Hosts that have heard what they are to do, and are not dead. */
  readonly hosts: number;
  /** Instances on them of which the server has stored that they run. */
  readonly running: number;
  /** Instances that a host which holds routes would send traffic to; of several processes, the least. */
  readonly routed: number;
  readonly assignments: number;
  readonly observations: number;
  /** Connections that broke off, though nobody ended them. */
  readonly breaks: number;
}

/** From the cause until all is as wanted, or until we gave up. */
export interface Phase {
  readonly seconds: number;
  readonly hasConverged: boolean;
  /** Instances that run at its end. */
  readonly running: number;
  readonly assignmentsPerSecond: number;
  readonly observationsPerSecond: number;
  /** Processor time that was taken meanwhile, seconds, by program. */
  readonly processor: Readonly<Record<Part, number>>;
}

/** What shares the machine's processors. */
export const parts = ["agent", "etcd", "hosts"] as const;
export type Part = (typeof parts)[number];

export interface Figures {
  readonly hosts: number;
  readonly instances: number;
  readonly dead: number;
  readonly joinSeconds: number;
  readonly placed: Phase;
  /** undefined: not all had been placed before. */
  readonly replaced: Phase | undefined;
  /** Resident memory, bytes, the largest that was seen. */
  readonly memory: { readonly agent: number; readonly etcd: number };
  readonly breaks: number;
  /** Writes of services that were tried again. */
  readonly writesAgain: number;
}

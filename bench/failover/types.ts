/** What the host that is killed is to the cluster. */
export const roles = ["host", "server", "leader"] as const;
export type Role = (typeof roles)[number];

/** One kill. */
export interface Sample {
  readonly role: Role;
  /** From before the kill to the first answer of an instance elsewhere. */
  readonly seconds: number;
}

/** What the prober prints, a line each time another host answers. */
export interface Answer {
  /** The clock that never jumps, one for all processes of a machine; nanoseconds. */
  readonly at: string;
  readonly host: string;
}

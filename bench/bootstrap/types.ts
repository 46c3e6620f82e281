/** Seconds, each. */
export interface Sample {
  /** One `pulumi up` that makes a bare machine a host. */
  readonly up: number;
  /** The same bytes to the same machine by ssh and tar alone. */
  readonly copy: number;
}

export interface Together {
  readonly hosts: number;
  /** One `pulumi up` that makes so many bare machines hosts. */
  readonly seconds: number;
}

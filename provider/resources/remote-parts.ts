import type { Kits } from "../bootstrap/index.ts";
import type { Machines } from "../machines/index.ts";

/** How machines elsewhere are reached, and what they are given. */
export interface RemoteParts {
  readonly machines: Machines;
  readonly kits: Kits;
}

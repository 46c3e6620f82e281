import { existsSync } from "node:fs";
import { join } from "node:path";
import { trees } from "../../tools/setup/host-trees.mjs";

export const flavourNames = ["machine", "debian", "debian-sudo", "debian-openrc"] as const;

/**
 * What a host's file system is made from: this machine's files and sshd; a Debian with sshd and a shell, of its
 * essential packages alone (no `mount`, `ip`, `curl`, Python); the same with sudo, or run by OpenRC.
 */
export type Flavour = (typeof flavourNames)[number];

export interface Origin {
  /** Root file systems, the first on top. */
  readonly layers: readonly string[];
  /** The tree whose sshd it gets if it has none. */
  readonly sshdFrom: string;
  /** A folder that is shown as it is, read-only. */
  readonly shared?: string;
  /** What starts services at boot; absent: nothing does, whatever this machine's own files hold. */
  readonly init?: "openrc";
}

const sshdFrom = trees.debian;
const origins: Record<Flavour, Origin> = {
  machine: { layers: ["/"], sshdFrom, shared: join(import.meta.dirname, "..", "..") },
  debian: { layers: [trees.debian], sshdFrom },
  "debian-openrc": { layers: [trees.openrc, trees.debian], sshdFrom, init: "openrc" },
  "debian-sudo": { layers: [trees.sudo, trees.debian], sshdFrom },
};

export function originOf(flavour: Flavour): Origin {
  const origin = origins[flavour];
  const missing = [...origin.layers, sshdFrom].find((layer) => !existsSync(layer));
  if (missing === undefined) return origin;
  throw new Error(`start host: no ${missing}; make it with \`npm run setup -- --with lab\``);
}

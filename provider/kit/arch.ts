/** Processors that a kit is built for, as Debian and Go name them. */
export const kitArchs = ["amd64", "arm64"] as const;
export type KitArch = (typeof kitArchs)[number];

const byMachine: Readonly<Record<string, KitArch>> = { x86_64: "amd64", aarch64: "arm64" };

/** From what `uname -m` says; undefined where no kit is made for it. */
export const kitArchOf = (machine: string): KitArch | undefined => byMachine[machine.trim()];

import type { KitArch } from "../../provider/kit/index.ts";

/** What others call a processor. */
export interface Platform {
  /** In npm's package names. */
  readonly npm: string;
  /** Debian's folder of libraries. */
  readonly triplet: string;
  /** glibc's loader, as programs name it. */
  readonly loader: string;
  /** The largest that a kernel for it may use, in bytes: programs are laid out for it. */
  readonly pageBytes: number;
}

export const platforms: Readonly<Record<KitArch, Platform>> = {
  amd64: { npm: "x64", triplet: "x86_64-linux-gnu", loader: "ld-linux-x86-64.so.2", pageBytes: 4096 },
  arm64: { npm: "arm64", triplet: "aarch64-linux-gnu", loader: "ld-linux-aarch64.so.1", pageBytes: 65_536 },
};

/** The kit for a machine like this one. */
export const thisArch: KitArch = process.arch === "arm64" ? "arm64" : "amd64";

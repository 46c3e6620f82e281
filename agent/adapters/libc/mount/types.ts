export interface OverlayMount {
  /** Read-only layers, the topmost first. */
  readonly lowerdirs: readonly string[];
  /** Where writes go, and overlayfs's own scratch folder beside it on the same filesystem. Absent: read-only. */
  readonly writable?: { readonly upper: string; readonly work: string };
  readonly target: string;
}

export interface BindMount {
  readonly source: string;
  /** Must exist: a folder for a folder, a file for a file. */
  readonly target: string;
  readonly access?: "read-write" | "read-only";
}

export interface TmpfsMount {
  readonly target: string;
  readonly sizeBytes: number;
  /** Permission bits of its root, such as 0o700. */
  readonly mode: number;
}

/** Mounts in the agent's own mount namespace. Throws AdapterError: ENOENT, EBUSY, EINVAL, E2BIG, EPERM ... */
export interface Mounts {
  overlay(mount: OverlayMount): Promise<void>;
  bind(mount: BindMount): Promise<void>;
  /** Without devices, setuid and executables: for secrets and config files. */
  tmpfs(mount: TmpfsMount): Promise<void>;
  /**
   * Takes away the topmost mount at a path at once, also while it is in use (MNT_DETACH).
   * False when nothing was mounted there, so it can be repeated.
   */
  unmount(target: string): Promise<boolean>;
}

/** Bounds of this host's images. Sizes in bytes, times in milliseconds. */
export const imageStoreLimits = {
  /** Images pulled at once: each has a process of its own, of some 15 MB. */
  pullsAtOnce: 6,
  /** Layers unpacked at once. */
  unpacksAtOnce: 2,
  /** One layer; a child that takes longer is killed. */
  unpackTimeoutMs: 15 * 60_000,
  /** What an unpacking child may say: its report names implied and opaque folders. */
  reportBytes: 64 * 1024 ** 2,
  complaintBytes: 4 * 1024,
  /** What images may take where nobody said otherwise: this, or this share of the disk where that is less. */
  storeBytes: 20 * 1024 ** 3,
  storeShare: 0.15,
  /** Stays free on the disk: what else lives there writes too. */
  freeBytes: 64 * 1024 ** 2,
  /** After something came, so that an upload of many blobs is looked at once. */
  collectPauseMs: 1_000,
  /** How much larger a layer may become by unpacking, where that has filled the disk. */
  expansion: 5,
  /** A download that nobody goes on with. */
  partialKeepMs: 6 * 60 * 60_000,
  /** An uploaded image waits so long for the service that needs it. */
  graceMs: 60 * 60_000,
} as const;

/** Bounds on one layer, against archives made to exhaust a host. */
export interface UnpackLimits {
  readonly unpackedBytes: number;
  readonly entries: number;
  /** Unpacked to compressed; judged only above `ratioFromBytes`, for small layers of zeros are harmless. */
  readonly ratio: number;
  readonly ratioFromBytes: number;
  readonly pathBytes: number;
  readonly nameBytes: number;
  /** Extended headers (long names, attributes) of one entry. */
  readonly headerBytes: number;
}

export const unpackLimits: UnpackLimits = {
  unpackedBytes: 32 * 1024 ** 3,
  entries: 1_000_000,
  ratio: 200,
  ratioFromBytes: 256 * 1024 ** 2,
  pathBytes: 4095,
  nameBytes: 255,
  headerBytes: 1024 ** 2,
};

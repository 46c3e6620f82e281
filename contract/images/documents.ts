import * as z from "zod";
import { ConstellationError } from "../errors.ts";
import { limits } from "../limits.ts";
import { type Digest, isDigest } from "./digest.ts";

/** Bounds on what an image may consist of. Sizes in bytes. */
export const imageLimits = {
  /** The bound the distribution specification recommends for a manifest. */
  manifestBytes: 4 * 1024 ** 2,
  configBytes: 8 * 1024 ** 2,
  /** Docker's own bound, given by its storage drivers. */
  layers: 127,
  indexDepth: 3,
} as const;

/** OCI media types, and Docker's names of the same things. */
export const mediaTypes = {
  index: [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
  ],
  manifest: [
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
  ],
  config: "application/vnd.oci.image.config.v1+json",
  dockerConfig: "application/vnd.docker.container.image.v1+json",
  layerTar: "application/vnd.oci.image.layer.v1.tar",
  layerGzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  layerZstd: "application/vnd.oci.image.layer.v1.tar+zstd",
} as const;

const foreignLayer = /nondistributable|\.foreign\./;
const layerType =
  /^application\/vnd\.(oci\.image\.layer\.v1\.tar|docker\.image\.rootfs\.diff\.tar)([+.](gzip|zstd))?$/;

const digest = z.custom<Digest>(
  (value) => typeof value === "string" && isDigest(value),
  "must be sha256:<64 hex digits>",
);
const platform = z.looseObject({ os: z.string(), architecture: z.string(), variant: z.string().optional() });
const descriptor = z.looseObject({
  mediaType: z.string(),
  digest,
  size: z.int().min(0).max(limits.blobBytes),
  annotations: z.record(z.string(), z.string()).nullish(),
  platform: platform.optional(),
});
const index = z.looseObject({ schemaVersion: z.literal(2), manifests: z.array(descriptor) });
const manifest = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  config: descriptor,
  layers: z.array(descriptor).max(imageLimits.layers),
});

const versioned = z.looseObject({ schemaVersion: z.int(), manifests: z.unknown().optional() });

const list = z.array(z.string()).nullish();
const set = z.record(z.string(), z.unknown()).nullish();
const nanoseconds = z.number().min(0).nullish();
const config = z.looseObject({
  os: z.string(),
  architecture: z.string(),
  variant: z.string().optional(),
  config: z
    .looseObject({
      User: z.string().nullish(),
      ExposedPorts: set,
      Env: list,
      Entrypoint: list,
      Cmd: list,
      Volumes: set,
      WorkingDir: z.string().nullish(),
      Labels: z.record(z.string(), z.string()).nullish(),
      StopSignal: z.string().nullish(),
      Healthcheck: z
        .looseObject({
          Test: list,
          Interval: nanoseconds,
          Timeout: nanoseconds,
          StartPeriod: nanoseconds,
          StartInterval: nanoseconds,
          Retries: z.int().min(0).nullish(),
        })
        .nullish(),
    })
    .nullish(),
  rootfs: z.looseObject({ type: z.literal("layers"), diff_ids: z.array(digest).max(imageLimits.layers) }),
});

export type Platform = Pick<z.infer<typeof platform>, "os" | "architecture" | "variant">;
export type Descriptor = z.infer<typeof descriptor>;
export type ImageIndex = z.infer<typeof index>;
export type ImageManifest = z.infer<typeof manifest>;
type ConfigDocument = z.infer<typeof config>;

/** An image's HEALTHCHECK. Times in milliseconds; absent ones are left to the reader's defaults. */
export interface ImageHealthCheck {
  /** The command to run in the container; a shell form is already `["/bin/sh", "-c", ...]`. */
  readonly command: readonly string[];
  readonly intervalMs?: number;
  readonly timeoutMs?: number;
  readonly startPeriodMs?: number;
  readonly startIntervalMs?: number;
  readonly retries?: number;
}

/** How an image wants to be run, with nothing absent but what has no neutral value. */
export interface ImageConfig {
  readonly platform: Platform;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** `NAME=value`, in the image's order. */
  readonly env: readonly string[];
  /** `user`, `uid`, or either with `:group`; empty: root. */
  readonly user: string;
  readonly workingDir: string;
  readonly exposedPorts: readonly { readonly port: number; readonly protocol: "tcp" | "udp" | "sctp" }[];
  readonly stopSignal: string;
  readonly healthCheck?: ImageHealthCheck;
  /** Paths that the image declares as volumes. */
  readonly volumes: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Digests of the uncompressed layers, the lowest first. */
  readonly diffIds: readonly Digest[];
}

const architectures: Record<string, string> = { x64: "amd64", ia32: "386" };

/** The platform of the machine this runs on, by Go's names. */
export function thisPlatform(): Platform {
  return { os: "linux", architecture: architectures[process.arch] ?? process.arch };
}

/** Each parser takes the raw bytes and the name to use in errors. @throws ConstellationError `image-invalid` */
export const parseIndex = (bytes: Uint8Array, name: string): ImageIndex =>
  parse(index, bytes, `read index ${name}`);
export const parseManifest = (bytes: Uint8Array, name: string): ImageManifest =>
  parse(manifest, bytes, `read manifest ${name}`);
/** What a tag of a registry may name. @throws ConstellationError `image-invalid`, also for Docker's first schema */
export function parseManifestOrIndex(
  bytes: Uint8Array,
  name: string,
): { readonly index: ImageIndex } | { readonly manifest: ImageManifest } {
  const { schemaVersion, manifests } = parse(versioned, bytes, `read manifest ${name}`);
  if (schemaVersion !== 1) {
    return manifests === undefined
      ? { manifest: parseManifest(bytes, name) }
      : { index: parseIndex(bytes, name) };
  }
  const remedy = "push it again with a current tool";
  throw new ConstellationError("image-invalid", `read manifest ${name}: Docker's old schema 1; ${remedy}`);
}
export const parseConfig = (bytes: Uint8Array, name: string): ImageConfig =>
  imageConfig(parse(config, bytes, `read image config ${name}`));

/**
 * Refuses what no host could run: other things than images that registries hold, and layers that they do not hold.
 * @throws ConstellationError `image-invalid`
 */
export function requireImageManifest({ config, layers }: ImageManifest, name: string): void {
  const refuse = (problem: string) => {
    throw new ConstellationError("image-invalid", `read manifest ${name}: ${problem}`);
  };
  if (config.mediaType !== mediaTypes.config && config.mediaType !== mediaTypes.dockerConfig) {
    refuse(`not a container image but ${config.mediaType}; check the reference`);
  }
  for (const { mediaType, digest } of layers) {
    if (foreignLayer.test(mediaType))
      refuse(`layer ${digest} is foreign: registries do not hand it out; rebuild the image without it`);
    if (!layerType.test(mediaType))
      refuse(`layer ${digest} has the unknown type ${mediaType}; rebuild the image`);
  }
}

function parse<T>(schema: z.ZodType<T>, bytes: Uint8Array, action: string): T {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (cause) {
    throw new ConstellationError("image-invalid", `${action}: not JSON; build the image again`, { cause });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue?.path.length ? `${issue.path.join(".")}: ` : "";
  throw new ConstellationError(
    "image-invalid",
    `${action}: ${where}${issue?.message}; build the image again`,
  );
}

/** Fills the gaps of an image's config document with OCI's meanings of absence. */
export function imageConfig({ os, architecture, config, rootfs }: ConfigDocument): ImageConfig {
  const healthCheck = readHealthCheck(config?.Healthcheck);
  return {
    platform: { os, architecture },
    entrypoint: config?.Entrypoint ?? [],
    cmd: config?.Cmd ?? [],
    env: config?.Env ?? [],
    user: config?.User ?? "",
    workingDir: config?.WorkingDir || "/",
    exposedPorts: Object.keys(config?.ExposedPorts ?? {}).flatMap(readPort),
    stopSignal: config?.StopSignal || "SIGTERM",
    ...(healthCheck && { healthCheck }),
    volumes: Object.keys(config?.Volumes ?? {}).sort(),
    labels: config?.Labels ?? {},
    diffIds: rootfs.diff_ids,
  };
}

/** `80/tcp`, `80`; anything else is documentation that says nothing, and is dropped. */
function readPort(text: string): ImageConfig["exposedPorts"] {
  const [, port, protocol = "tcp"] = /^(\d{1,5})(?:\/(tcp|udp|sctp))?$/.exec(text) ?? [];
  const number = Number(port);
  return number >= 1 && number <= 65535
    ? [{ port: number, protocol: protocol as "tcp" | "udp" | "sctp" }]
    : [];
}

/** Docker's Test: [] inherits, ["NONE"] disables, ["CMD", ...] runs as is, ["CMD-SHELL", text] runs in the shell. */
function readHealthCheck(
  check: NonNullable<ConfigDocument["config"]>["Healthcheck"],
): ImageHealthCheck | undefined {
  const [form, ...rest] = check?.Test ?? [];
  if (!check || rest.length === 0 || (form !== "CMD" && form !== "CMD-SHELL")) return undefined;
  const ms = (name: string, value: number | null | undefined) =>
    value ? { [name]: Math.ceil(value / 1e6) } : {};
  return {
    command: form === "CMD" ? rest : ["/bin/sh", "-c", rest.join(" ")],
    ...ms("intervalMs", check.Interval),
    ...ms("timeoutMs", check.Timeout),
    ...ms("startPeriodMs", check.StartPeriod),
    ...ms("startIntervalMs", check.StartInterval),
    ...(check.Retries && { retries: check.Retries }),
  };
}

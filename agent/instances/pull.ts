import { ConstellationError, type ErrorCode, formatReference, parseReference } from "../../contract/index.ts";
import { registryAccess } from "../images/index.ts";
import type { Assignment, InstanceSpec, SecretContent } from "../session/index.ts";
import { instanceLimits } from "./limits.ts";
import type { Images } from "./types.ts";
import { workloadOf } from "./workload.ts";

export interface PullRequest {
  readonly assignment: Assignment;
  readonly spec: InstanceSpec;
  readonly signal: AbortSignal;
  /** The pull begins; `image` is its full name. */
  readonly onBegin: (image: string) => void;
  readonly onProgress: (message: string) => void;
}

/** Why an image did not come; `isStuck` where trying again helps only after somebody changed something. */
export class PullFailure extends Error {
  readonly isStuck: boolean;

  constructor(cause: Error) {
    super(cause.message, { cause });
    this.name = "PullFailure";
    this.isStuck = cause instanceof ConstellationError && lasting.has(cause.code);
  }
}

const lasting: ReadonlySet<ErrorCode> = new Set([
  "image-missing",
  "image-denied",
  "image-invalid",
  "not-found",
  "too-large",
]);

/** Brings an image here that a start has missed. @throws PullFailure */
export async function pullImage(request: PullRequest, images: Images): Promise<void> {
  const { assignment, spec, signal, onBegin } = request;
  try {
    const { image, pullPolicy } = workloadOf(spec);
    const reference = parseReference(image);
    const name = formatReference(reference);
    onBegin(name);
    const onProgress = paced((progress) => request.onProgress(`pulling ${name}: ${amount(progress)}`));
    if (reference.kind !== "registry") await images.bring(spec.imageDigest, { signal, onProgress });
    else if (pullPolicy === "never") throw notHere(image, spec);
    else await images.pull(reference, spec.imageDigest, accessOf(assignment, spec), { signal, onProgress });
  } catch (error) {
    throw new PullFailure(error instanceof Error ? error : new Error(String(error)));
  }
}

function notHere(image: string, { imageDigest }: InstanceSpec): ConstellationError {
  return new ConstellationError(
    "image-missing",
    `find image ${image}: ${imageDigest} is not on this host, and pullPolicy is never; set it to missing`,
  );
}

function accessOf({ registries, secrets }: Assignment, spec: InstanceSpec) {
  const { imageCredentials } = workloadOf(spec);
  return registryAccess(registries, imageCredentials, (name) => {
    const key = `${spec.namespace}/${name}`;
    return valuesOf(secrets[key], key);
  });
}

function valuesOf(content: SecretContent | undefined, key: string): Readonly<Record<string, string>> {
  if (content === undefined)
    throw new ConstellationError("not-found", `find Secret ${key}: it is gone; create it again`);
  if ("unreadable" in content) throw new ConstellationError("not-found", content.unreadable);
  return "values" in content ? content.values : {};
}

/** Passes on the first word, the last one, and in between one now and then. */
function paced(tell: (progress: Progress) => void): (progress: Progress) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (progress) => {
    const now = performance.now();
    if (progress.done < progress.total && now - last < instanceLimits.progressMs) return;
    last = now;
    tell(progress);
  };
}

interface Progress {
  readonly done: number;
  readonly total: number;
}

function amount({ done, total }: Progress): string {
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  return `${megabytes(done)} of ${megabytes(total)} MB`;
}

import { ConstellationError } from "../errors.ts";
import { type Digest, isDigest } from "./digest.ts";

/** An image in a registry, with Docker's shorthands spelt out: `nginx` is `docker.io/library/nginx:latest`. */
export interface RegistryReference {
  readonly kind: "registry";
  /** Host, with a port where one is given. */
  readonly registry: string;
  readonly repository: string;
  /** Absent only where a digest is given. */
  readonly tag?: string;
  readonly digest?: Digest;
}

/** An image in a folder of the OCI image layout. */
export interface OciLayoutReference {
  readonly kind: "oci";
  readonly path: string;
  /** The `org.opencontainers.image.ref.name` of one image; absent where the layout holds a single one. */
  readonly tag?: string;
}

/** An image in a file that `docker save` wrote. */
export interface DockerArchiveReference {
  readonly kind: "docker-archive";
  readonly path: string;
  /** One of the archive's names, `web:1.2`; absent where it holds a single image. */
  readonly tag?: string;
}

export type LocalReference = OciLayoutReference | DockerArchiveReference;
export type ImageReference = RegistryReference | LocalReference;

const domainPattern =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::[0-9]{1,5})?$/;
const ipv6DomainPattern = /^\[[0-9a-fA-F:]+\](?::[0-9]{1,5})?$/;
const componentPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const maxRepositoryLength = 255;
/** `user:password@host/app`: no reference, but people try. */
const loginPattern = /^(?:[a-z][a-z0-9+-]*:\/\/)?[^/@]+@[^/]*\//;
const transportPattern = /^(oci|docker-archive):/;

/**
 * Reads an image reference as a user writes it (grammar: github.com/distribution/reference; `oci:` and
 * `docker-archive:` as in containers-transports(5), so a path cannot hold a colon).
 * @throws ConstellationError `invalid`, naming the reference, what is wrong and what to write.
 */
export function parseReference(text: string): ImageReference {
  const transport = transportPattern.exec(text)?.[1] as LocalReference["kind"] | undefined;
  return transport === undefined ? parseRegistry(text) : parseLocal(transport, text);
}

/** The canonical text of a reference; parsing it gives the same reference. */
export function formatReference(reference: ImageReference): string {
  const tag = reference.tag === undefined ? "" : `:${reference.tag}`;
  if (reference.kind !== "registry") return `${reference.kind}:${reference.path}${tag}`;
  const digest = reference.digest === undefined ? "" : `@${reference.digest}`;
  return `${reference.registry}/${reference.repository}${tag}${digest}`;
}

/** Whether a reference can name this registry: `docker.io`, `localhost`, a host with a dot or a port. */
export function isRegistryHost(text: string): boolean {
  const isNamed = /[.:]/.test(text) || text === "localhost";
  return isNamed && text !== "index.docker.io" && isHostName(text);
}

function isHostName(text: string): boolean {
  return domainPattern.test(text) || ipv6DomainPattern.test(text);
}

/** Whether two names of an image in an archive mean the same: tools write `web`, `web:latest` or Docker Hub's full name. */
export function isSameName(one: string, other: string): boolean {
  return one === other || canonical(one) === canonical(other);
}

function canonical(name: string): string {
  try {
    return formatReference(parseReference(name));
  } catch {
    return name; // Not a registry's name; it still may equal another as it is.
  }
}

function parseLocal(kind: LocalReference["kind"], text: string): LocalReference {
  const rest = text.slice(kind.length + 1);
  const colon = rest.indexOf(":");
  const path = colon < 0 ? rest : rest.slice(0, colon);
  if (path === "") throw malformed(text, `no path after ${kind}:`, `write ${kind}:PATH or ${kind}:PATH:TAG`);
  if (path.includes("\0")) throw malformed(text, "the path holds a null byte", "remove it");
  if (colon < 0) return { kind, path };
  const tag = rest.slice(colon + 1);
  if (tag === "") throw malformed(text, "nothing after the last colon", "name a tag or drop the colon");
  if (kind === "oci" && !tagPattern.test(tag)) throw badTag(text, tag);
  return { kind, path, tag };
}

function parseRegistry(text: string): RegistryReference {
  if (text === "") throw malformed(text, "it is empty", "write a name such as nginx:1.27");
  // Not repeated: a log or a state file would keep the password.
  if (loginPattern.test(text))
    throw new ConstellationError(
      "invalid",
      "read image reference: it holds a login, which is no part of one; remove it and use imageCredentials",
    );
  if (/\s/.test(text)) throw malformed(text, "it holds white space", "remove it");
  const scheme = /^([a-z][a-z0-9+-]*):\/\//.exec(text);
  if (scheme)
    throw malformed(
      text,
      `${scheme[1]}:// is not part of a reference`,
      `write ${text.slice(scheme[0].length)}`,
    );
  const [named, digest] = splitDigest(text);
  const [path, tag] = splitTag(text, named);
  const [registry, repository] = splitDomain(path);
  requireName(text, registry, repository);
  const identity =
    digest === undefined ? { tag: tag ?? "latest" } : tag === undefined ? { digest } : { tag, digest };
  return { kind: "registry", registry, repository, ...identity };
}

function splitDigest(text: string): [string, Digest | undefined] {
  const at = text.indexOf("@");
  if (at < 0) return [text, undefined];
  const digest = text.slice(at + 1);
  if (!isDigest(digest)) {
    throw malformed(text, `digest ${digest} is malformed`, "write sha256: and 64 lower-case hex digits");
  }
  return [text.slice(0, at), digest];
}

/** The last colon starts a tag unless a slash follows it: then it is a registry's port. */
function splitTag(text: string, named: string): [string, string | undefined] {
  const colon = named.lastIndexOf(":");
  if (colon < 0 || named.indexOf("/", colon) >= 0) return [named, undefined];
  const tag = named.slice(colon + 1);
  if (!tagPattern.test(tag)) throw badTag(text, tag);
  return [named.slice(0, colon), tag];
}

/** The first component is a registry when it could not be a Docker Hub user: it has a dot or a port, or is localhost. */
function splitDomain(path: string): [string, string] {
  const slash = path.indexOf("/");
  const first = slash < 0 ? "" : path.slice(0, slash);
  const isDomain =
    /[.:]/.test(first) || first === "localhost" || (slash >= 0 && first !== first.toLowerCase());
  if (!isDomain) return ["docker.io", slash < 0 ? `library/${path}` : path];
  const rest = path.slice(slash + 1);
  if (first !== "docker.io" && first !== "index.docker.io") return [first, rest];
  return ["docker.io", rest.includes("/") ? rest : `library/${rest}`];
}

function requireName(text: string, registry: string, repository: string): void {
  if (!isHostName(registry)) {
    throw malformed(text, `registry ${registry} is not a host name`, "write HOST or HOST:PORT");
  }
  if (repository.length > maxRepositoryLength) {
    throw malformed(text, `the repository is longer than ${maxRepositoryLength} characters`, "shorten it");
  }
  const bad = repository.split("/").find((component) => !componentPattern.test(component));
  if (bad === undefined) return;
  if (bad === "") throw malformed(text, "the repository has an empty part", "check the slashes");
  if (componentPattern.test(bad.toLowerCase())) {
    throw malformed(text, `repository part ${bad} has upper-case letters`, `write ${bad.toLowerCase()}`);
  }
  throw malformed(text, `repository part ${bad} is malformed`, "use a-z, 0-9 and single . _ - between them");
}

function badTag(text: string, tag: string): ConstellationError {
  return malformed(
    text,
    `tag ${tag === "" ? "is empty" : `${tag} is malformed`}`,
    "use up to 128 of A-Z a-z 0-9 _ . -, not starting with . or -",
  );
}

function malformed(text: string, problem: string, remedy: string): ConstellationError {
  return new ConstellationError(
    "invalid",
    `read image reference ${JSON.stringify(text)}: ${problem}; ${remedy}`,
  );
}

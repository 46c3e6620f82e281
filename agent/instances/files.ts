import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConstellationError } from "../../contract/index.ts";
import type { FileContent, HostAddresses, Placement, SecretContent } from "../session/index.ts";
import type { ContainerMount, User } from "./types.ts";
import type { Workload } from "./workload.ts";

/** One file to bind into the container. `mode` is octal text. */
export interface PlannedFile {
  readonly target: string;
  readonly content: string;
  readonly mode: string;
  /** Owned by the container's user, so that a mode of 0400 lets it read. */
  readonly secret: boolean;
}

/** What an assignment holds that a container's files come from. */
export interface FileSources {
  readonly placement: Placement;
  readonly host: HostAddresses;
  readonly workload: Workload;
  readonly secrets: Readonly<Record<string, SecretContent>>;
  readonly configs: Readonly<Record<string, FileContent>>;
}

/** Every file made for one container, in order of its target. Throws `invalid` for a secret or config that is not there. */
export function planFiles(sources: FileSources): PlannedFile[] {
  return [...systemFiles(sources), ...secretFiles(sources), ...configFiles(sources)].sort((one, other) =>
    one.target < other.target ? -1 : 1,
  );
}

/** Values of the secrets delivered as variables, by the variable's name. */
export function planSecretEnv(sources: FileSources): Record<string, string> {
  return Object.fromEntries(
    (sources.workload.secrets ?? []).flatMap((use) =>
      use.env === undefined ? [] : [[use.env, secretValue(sources, use.secret, use.key)]],
    ),
  );
}

/**
 * Writes the files into a folder of their own and tells how to mount them. Synchronous: a handful of small files in
 * memory, tens of microseconds each, where each turn through the thread pool would cost more.
 */
export function writeFiles(folder: string, files: readonly PlannedFile[], user: User): ContainerMount[] {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return files.map(({ target, content, mode, secret }, index) => {
    const source = join(folder, String(index));
    writeFileSync(source, content, { mode: 0o600 });
    if (secret) chownSync(source, user.uid, user.gid);
    chmodSync(source, Number.parseInt(mode, 8));
    return {
      kind: "bind",
      source,
      target,
      readOnly: target !== "/etc/hosts" && target !== "/etc/resolv.conf",
    };
  });
}

function systemFiles({ placement, host, workload }: FileSources): PlannedFile[] {
  const hostname = workload.hostname ?? placement.name;
  const names = [...new Set([hostname, placement.name])].join(" ");
  const extra = Object.entries(workload.extraHosts ?? {}).sort(([one], [other]) => (one < other ? -1 : 1));
  const hosts = [
    "127.0.0.1 localhost",
    "::1 localhost ip6-localhost ip6-loopback",
    `${placement.address} ${names}`,
    ...extra.map(([name, address]) => `${address} ${name}`),
  ];
  const resolver = [
    `nameserver ${host.gateway}`,
    `search ${placement.namespace}.${host.domain} ${host.domain}`,
    // `redis.shop` has a dot: without this it is a name of the internet first, and with musl alone.
    "options ndots:2",
  ];
  const file = (target: string, lines: readonly string[]) => ({
    target,
    content: `${lines.join("\n")}\n`,
    mode: "0644",
    secret: false,
  });
  return [file("/etc/hostname", [hostname]), file("/etc/hosts", hosts), file("/etc/resolv.conf", resolver)];
}

function secretFiles(sources: FileSources): PlannedFile[] {
  return (sources.workload.secrets ?? []).flatMap(({ secret, key, target, mode }) =>
    target === undefined ? [] : [{ target, mode, secret: true, content: secretValue(sources, secret, key) }],
  );
}

function configFiles({ workload, placement, configs }: FileSources): PlannedFile[] {
  return (workload.configs ?? []).flatMap(({ config, target, mode }) => {
    const found = configs[`${placement.namespace}/${config}`];
    if (found === undefined)
      throw new ConstellationError("invalid", `config file not found: ${config}; create it first`);
    if ("content" in found) return [{ target, mode, secret: false, content: found.content }];
    return Object.entries(found.files).map(([name, content]) => ({
      target: join(target, join("/", name)),
      mode,
      secret: false,
      content,
    }));
  });
}

/** Never says a value, only names. */
function secretValue({ placement, secrets }: FileSources, name: string, key: string | undefined): string {
  const found = secrets[`${placement.namespace}/${name}`];
  if (found === undefined)
    throw new ConstellationError("invalid", `secret not found: ${name}; create it first`);
  if ("unreadable" in found) throw new ConstellationError("invalid", `secret ${name}: ${found.unreadable}`);
  const value = "value" in found ? found.value : key === undefined ? undefined : found.values[key];
  if (value !== undefined) return value;
  const reason = key === undefined ? "it has several values; name one with `key`" : `it has no key ${key}`;
  throw new ConstellationError("invalid", `secret ${name}: ${reason}`);
}

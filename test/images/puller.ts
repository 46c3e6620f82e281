import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFileCalls, createSpawner } from "../../agent/adapters/libc/index.ts";
import { createRegistry, type RegistryOptions } from "../../agent/adapters/registry/index.ts";
import { type Images, type ImagesOptions, openImages } from "../../agent/images/index.ts";
import { parseReference, type RegistryReference } from "../../contract/index.ts";
import { programs } from "../../tools/lib/places.mjs";

export const unprivileged = 65_534;

/** An image store with the real registry client, in a folder of its own; opened again, as after a restart. */
export interface Puller {
  readonly stateDir: string;
  readonly authFile: string;
  images: Images;
  /** Ends what is under way, as the agent's end does, and begins again. */
  restart(limits?: RegistryOptions["limits"], options?: Partial<ImagesOptions>): Promise<void>;
  close(): Promise<void>;
}

export async function openPuller(limits?: RegistryOptions["limits"]): Promise<Puller> {
  const stateDir = await mkdtemp(join(tmpdir(), "puller-"));
  await mkdir(join(stateDir, "auth"), { mode: 0o700 });
  let stop = new AbortController();
  const open = (more: RegistryOptions["limits"], options: Partial<ImagesOptions> = {}) =>
    openImages({
      stateDir,
      unpackCommand: [process.execPath, join(import.meta.dirname, "unpack-child.ts")],
      tree: createFileCalls(),
      source: createRegistry({
        program: join(programs, "constellation-registry"),
        spawner: createSpawner(),
        authFiles: [puller.authFile],
        user: unprivileged,
        environment: process.env,
        limits: { pauseMs: 20, stallMs: 10_000, ...more },
      }),
      inUse: () => undefined,
      onError: (error) => {
        throw error;
      },
      signal: stop.signal,
      ...options,
    });
  const puller = {
    stateDir,
    authFile: join(stateDir, "auth", "auth.json"),
    async restart(more: RegistryOptions["limits"], options?: Partial<ImagesOptions>) {
      stop.abort();
      stop = new AbortController();
      puller.images = await open(more, options);
    },
    async close() {
      stop.abort();
      await rm(stateDir, { recursive: true, force: true });
    },
  } as Puller;
  puller.images = await open(limits);
  return puller;
}

export function referenceTo(text: string): RegistryReference {
  const reference = parseReference(text);
  if (reference.kind !== "registry") throw new Error(`${text} names no registry`);
  return reference;
}

import type { Readable } from "node:stream";
import { ConstellationError, type Digest } from "../../contract/index.ts";
import { spread } from "./spread.ts";
import type { CopiesPorts, OtherBlobs } from "./types.ts";

/** What one copy from another server may take, in milliseconds. */
const bringMs = 10 * 60_000;

export interface Copies {
  /** Those that no server has; what one of the others has is brought here, what this one has alone goes to another one. */
  missingBlobs(digests: readonly Digest[]): Promise<string[]>;
  /**
   * Resolves once two servers hold it; where no other one keeps the state by now, this one is enough if none takes it. Throws
   * `unreachable` where another one keeps it, and none takes the blob.
   */
  putBlob(digest: Digest, content: Readable): Promise<void>;
  /**
   * Copies those of them that are here, and at no other server that answers, to another one: servers come and go. Throws
   * `unreachable` where none takes them.
   */
  ensure(digests: readonly Digest[]): Promise<void>;
  /**
   * Before a server goes, this one or another: what any server has of them is on two of those that stay, or on the only one.
   * Throws `busy` where that is not to be had now.
   */
  spread(digests: readonly Digest[], leaving: string, signal: AbortSignal): Promise<void>;
  /** A blob of another server. Throws `image-missing` where none has it. */
  openElsewhere(digest: Digest, signal: AbortSignal): Promise<Readable>;
}

export function createCopies({ self, own, others, isAlone }: CopiesPorts): Copies {
  const here: OtherBlobs = {
    ...{ server: self, missing: own.missingBlobs, put: own.putBlob },
    open: (digest) => own.openBlob(digest),
  };

  async function openElsewhere(digest: Digest, signal: AbortSignal): Promise<Readable> {
    for (const other of others()) {
      const lacks = await other.missing([digest]).catch(() => [digest]);
      if (lacks.length === 0) return await other.open(digest, signal);
    }
    const fix = "run pulumi up on the machine that has it";
    throw new ConstellationError("image-missing", `open blob ${digest}: no server has it; ${fix}`);
  }

  /** Puts those that another server lacks there; the first one that takes them all will do. */
  async function copy(digests: readonly Digest[]): Promise<void> {
    let trouble: unknown;
    for (const other of others()) {
      try {
        return await complete(other, digests);
      } catch (error) {
        trouble = error;
      }
    }
    const reason = trouble instanceof Error ? trouble.message : "none answers";
    throw new ConstellationError(
      "unreachable",
      `keep an image on two servers: no other one takes it (${reason}); try again`,
      { cause: trouble },
    );
  }

  /** The same for what is acknowledged by it. */
  async function secure(digests: readonly Digest[]): Promise<void> {
    if (digests.length === 0) return;
    try {
      await copy(digests);
    } catch (error) {
      if (!(await isAlone())) throw error;
    }
  }

  /** Those that every other server lacks that answers. */
  async function lackedByAll(digests: readonly Digest[]): Promise<Digest[]> {
    const lacking = others().map(async (other) => new Set(await other.missing(digests).catch(() => digests)));
    const answers = await Promise.all(lacking);
    return digests.filter((digest) => answers.every((lacks) => lacks.has(digest)));
  }

  async function complete(other: OtherBlobs, digests: readonly Digest[]): Promise<void> {
    for (const digest of (await other.missing(digests)) as Digest[])
      await other.put(digest, await own.openBlob(digest));
  }

  return {
    openElsewhere,

    async missingBlobs(digests) {
      const unique = [...new Set(digests)];
      const missing: string[] = [];
      for (const digest of (await own.missingBlobs(unique)) as Digest[]) {
        const signal = AbortSignal.timeout(bringMs);
        const isBrought = await openElsewhere(digest, signal)
          .then((content) => own.putBlob(digest, content))
          .then(
            () => true,
            // What cannot be brought is uploaded anew.
            () => false,
          );
        if (!isBrought) missing.push(digest);
      }
      await secure(unique.filter((digest) => !missing.includes(digest)));
      return missing;
    },

    async ensure(digests) {
      const missing = new Set(await own.missingBlobs(digests));
      const single = await lackedByAll(digests.filter((digest) => !missing.has(digest)));
      if (single.length > 0) await copy(single);
    },

    async spread(digests, leaving, signal) {
      const all = [here, ...others()];
      const isLeaving = ({ server }: OtherBlobs) => server === leaving;
      const [go, stay] = [all.filter(isLeaving), all.filter((one) => !isLeaving(one))];
      await spread(digests, stay, go, `remove server ${leaving}`, signal);
    },

    async putBlob(digest, content) {
      await own.putBlob(digest, content);
      await secure([digest]);
    },
  };
}

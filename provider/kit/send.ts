import { createReadStream } from "node:fs";
import { posix } from "node:path";
import { Readable } from "node:stream";
import * as z from "zod";
import { ConstellationError } from "../../contract/index.ts";
import { kitRoot } from "./manifest.ts";
import type { Kit } from "./open.ts";

/** A POSIX shell of root's on a host. */
export interface HostShell {
  /**
   * Runs a script to its end, with `input` as its standard input; its standard output. Rejects with the script's own
   * words on any exit code but 0, and where the connection is lost.
   */
  run(script: string, input: Readable): Promise<string>;
}

export interface KitProgress {
  readonly sentBytes: number;
  readonly totalBytes: number;
}

const answerSchema = z.object({ installed: z.boolean(), missing: z.array(z.string()) });

/** Beside the kits, so that removing those leaves it. */
const receivers = posix.join(posix.dirname(kitRoot), "receiver");

/** The kit's own receiver on a host. */
export function receiverOf({ receiver }: Kit): string {
  return posix.join(receivers, receiver.sha256.slice(0, 16));
}

/**
 * Brings a host's copy of the kit about: sends the receiver where it is absent, asks what is missing, and sends that.
 * Returns at once what is there already. Can be repeated after any failure, and goes on where it was cut.
 *
 * @param onProgress told now and then; never where nothing has to be sent.
 * @returns the kit's folder on the host, and the bytes that were sent
 */
export async function sendKit(
  kit: Kit,
  shell: HostShell,
  onProgress: (progress: KitProgress) => void = () => {},
): Promise<{ readonly folder: string; readonly sentBytes: number }> {
  const receiver = receiverOf(kit);
  const check = `${receiver} check ${kit.receiver.sha256}`;
  const hasReceiver = await answers(shell, `if ${check} 2>/dev/null; then echo yes; else echo no; fi`);
  if (hasReceiver.trim() !== "yes") {
    await answers(shell, putReceiver(kit, receiver), createReadStream(kit.receiver.path));
  }
  const said = await answers(shell, `${receiver} missing`, Readable.from([kit.manifestBytes]));
  const { installed, missing } = parseAnswer(said);
  const receiverBytes = hasReceiver.trim() === "yes" ? 0 : kit.receiver.bytes;
  if (installed) return { folder: kit.folder, sentBytes: receiverBytes };
  const { bytes: totalBytes, open } = await kit.pack(missing);
  let sentBytes = 0;
  const stream = open((count) => {
    sentBytes += count;
    onProgress({ sentBytes, totalBytes });
  });
  await answers(shell, `${receiver} receive`, stream);
  return { folder: kit.folder, sentBytes: receiverBytes + totalBytes };
}

/** Named only once it has seen itself whole: the shell cannot tell a transfer that was cut from one that ended. */
function putReceiver({ receiver: { sha256 } }: Kit, path: string): string {
  const draft = `${path}.$$`;
  const steps = [
    `mkdir -p ${receivers}`,
    `cat > ${draft}`,
    `chmod 755 ${draft}`,
    `${draft} check ${sha256}`,
    `mv ${draft} ${path}`,
  ];
  return `umask 022; ${steps.join(" && ")} || { rm -f ${draft}; exit 1; }`;
}

async function answers(shell: HostShell, script: string, input = Readable.from([])): Promise<string> {
  try {
    return await shell.run(script, input);
  } finally {
    input.destroy();
  }
}

function parseAnswer(text: string) {
  try {
    return answerSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new ConstellationError("host-unfit", "send kit: the receiver's answer was cut; try again", {
      cause,
    });
  }
}

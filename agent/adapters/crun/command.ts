import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { RunningCommand } from "../../instances/index.ts";
import type { StartedCommand } from "./exec.ts";

type Chunk = { readonly stream: "stdout" | "stderr"; readonly data: Uint8Array };

/** What a process that the command left behind may still print after its end: then its output is closed. */
const lingerMs = 300;

/** A started command as the API hands it to a client. */
export function runningCommand({ crun, terminal, exit, resize, end }: StartedCommand): RunningCommand {
  const input = terminal?.stream ?? (crun.inputs.get(0) as Writable);
  const sources: [Chunk["stream"], Readable][] = terminal
    ? [["stdout", terminal.stream]]
    : [
        ["stdout", crun.outputs.get(1) as Readable],
        ["stderr", crun.outputs.get(2) as Readable],
      ];
  input.on("error", () => {
    // The command closed its input or ended: what is written after is dropped.
  });
  const ended = Promise.withResolvers<void>();
  return {
    output: outputOf(sources, exit, ended.resolve),
    async write(data) {
      if (input.writable && !input.write(data))
        await Promise.race([once(input, "drain"), exit]).catch(() => undefined);
    },
    endInput() {
      if (terminal) terminal.stream.write("\x04");
      else input.end();
    },
    resize,
    exit: ended.promise.then(() => exit),
    close: end,
  };
}

async function* outputOf(
  sources: readonly [Chunk["stream"], Readable][],
  exit: Promise<number>,
  onEnd: () => void,
): AsyncGenerator<Chunk> {
  const pulls = new Map(
    sources.map(([stream, readable]) => [stream, pull(stream, readable[Symbol.asyncIterator]())]),
  );
  const over = exit.then(() => "over" as const);
  let isOver = false;
  try {
    while (pulls.size > 0) {
      const timer = new AbortController();
      const linger = isOver
        ? delay(lingerMs, undefined, { signal: timer.signal }).then(() => undefined)
        : over;
      const first = await Promise.race([...pulls.values(), linger]).finally(() => timer.abort());
      if (first === undefined) return;
      if (first === "over") {
        isOver = true;
        continue;
      }
      const { stream, iterator, result } = first;
      if (result === "closed" || result.done) {
        pulls.delete(stream);
        continue;
      }
      pulls.set(stream, pull(stream, iterator));
      yield { stream, data: result.value };
    }
  } finally {
    for (const [, readable] of sources) readable.destroy();
    onEnd();
  }
}

/** A terminal whose other end nobody has open any more fails with EIO: its way to say that it is over. */
async function pull(stream: Chunk["stream"], iterator: AsyncIterator<Uint8Array>) {
  const result = await iterator.next().catch(() => "closed" as const);
  return { stream, iterator, result };
}

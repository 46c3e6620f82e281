import { ConstellationError } from "../../contract/index.ts";
import type { Call, Operations } from "./types.ts";

/**
 * Creates, updates and deletes that go on at once; others wait. An engine's own `--parallel` is mostly less; where it
 * is not, each of these follows an event stream of the agent, which allows 256 of them.
 */
const changesAtOnce = 64;

/** Lets so many changes of all kinds together go on at once, first come first served. Reading and previews never wait. */
export function createTurns(limit = changesAtOnce): (operations: Operations) => Operations {
  const waiting = new Set<() => void>();
  let running = 0;

  const inTurn = async <Result>(call: Call, change: () => Promise<Result>): Promise<Result> => {
    if (running >= limit) {
      call.progress(`waiting for its turn: ${running} changes are under way`);
      await untilNext(call.signal);
    } else running += 1;
    try {
      return await change();
    } finally {
      const [next] = waiting;
      if (next) next();
      else running -= 1;
    }
  };

  /** The one who ends hands its place on. */
  const untilNext = (signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const leave = () => {
        waiting.delete(enter);
        signal.removeEventListener("abort", give);
      };
      const enter = () => {
        leave();
        resolve();
      };
      const give = () => {
        leave();
        reject(
          new ConstellationError("cancelled", "wait for a turn: cancelled before it began; run it again"),
        );
      };
      waiting.add(enter);
      if (signal.aborted) give();
      else signal.addEventListener("abort", give, { once: true });
    });

  return (operations) => ({
    ...operations,
    create: (inputs, call) => inTurn(call, () => operations.create(inputs, call)),
    update: (old, inputs, call) => inTurn(call, () => operations.update(old, inputs, call)),
    delete: (old, call) => inTurn(call, () => operations.delete(old, call)),
  });
}

import type { Readable, Writable } from "node:stream";
import { ConstellationError } from "../../../contract/index.ts";
import { firstText } from "../../lib/first-text.ts";
import { boundedLines } from "../../lib/lines.ts";
import type { Spawner } from "../libc/index.ts";
import { childLimits } from "./limits.ts";
import {
  codeOf,
  type RegistryFailure,
  type RegistryReply,
  type RegistryRequest,
  registryReply,
} from "./messages.ts";

export interface ChildOptions {
  readonly program: string;
  readonly spawner: Spawner;
  /** The whole of the child's environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** The first line of its input. */
  readonly settings: object;
  /** Begins every error: `pull image docker.io/library/redis:7`. */
  readonly action: string;
  readonly signal: AbortSignal;
}

export interface RegistryChild {
  ask(request: RegistryRequest, onBytes?: (bytes: number) => void): Promise<RegistryReply>;
  close(): void;
}

interface Pending {
  readonly onBytes: (bytes: number) => void;
  readonly settle: (reply: RegistryReply) => void;
  readonly fail: (error: unknown) => void;
}

/** Starts the child. Whatever ends it fails all that is asked of it; killed, it leaves what it has brought so far. */
export async function startChild(options: ChildOptions): Promise<RegistryChild> {
  const { action, signal } = options;
  const child = await spawn(options);
  const input = child.inputs.get(0) as Writable;
  const pending = new Map<number, Pending>();
  const kill = () => child.kill("SIGKILL");
  signal.addEventListener("abort", kill, { once: true });
  if (signal.aborted) kill();
  input.on("error", () => {}); // Its end tells more.
  let asked = 0;
  let failure: unknown;

  const complaint = firstText(child.outputs.get(2) as Readable, childLimits.complaintBytes);
  const replies = eachReply(child.outputs.get(1) as Readable, (reply) => {
    const request = pending.get(reply.id);
    if (reply.bytes !== undefined) request?.onBytes(reply.bytes);
    if (!reply.done && !reply.failure) return;
    pending.delete(reply.id);
    if (reply.failure) request?.fail(errorOf(action, reply.failure));
    else request?.settle(reply);
  });
  void Promise.all([replies.catch(kill), complaint, child.exited]).then(([, said]) => {
    signal.removeEventListener("abort", kill);
    input.destroy();
    failure = signal.aborted
      ? new ConstellationError("cancelled", `${action}: cancelled`, { cause: signal.reason })
      : new ConstellationError("host-unfit", `${action}: ${said || "the registry client ended early"}`);
    for (const { fail } of pending.values()) fail(failure);
    pending.clear();
  });

  input.write(`${JSON.stringify(options.settings)}\n`);
  return {
    ask(request, onBytes = () => {}) {
      if (failure !== undefined) return Promise.reject(failure);
      const id = ++asked;
      return new Promise((settle, fail) => {
        pending.set(id, { onBytes, settle, fail });
        input.write(`${JSON.stringify({ id, ...request })}\n`);
      });
    },
    close: kill,
  };
}

async function spawn({ program, spawner, env, cwd, action }: ChildOptions) {
  try {
    return await spawner.spawn({ argv: [program], env, cwd, fds: { 0: "input", 1: "output", 2: "output" } });
  } catch (cause) {
    const { message } = cause as Error;
    throw new ConstellationError("host-unfit", `${action}: ${message}`, { cause });
  }
}

/** Rejects on the first line that is no reply, or too long for one. */
async function eachReply(output: Readable, take: (reply: RegistryReply) => void): Promise<void> {
  for await (const line of boundedLines(output, childLimits.lineBytes))
    take(registryReply.parse(JSON.parse(line)));
}

function errorOf(action: string, { kind, message, retryAfterMs }: RegistryFailure): ConstellationError {
  const wish = retryAfterMs ? `; it asks to come back in ${Math.ceil(retryAfterMs / 1000)} s` : "";
  return new ConstellationError(codeOf[kind], `${action}: ${message}${wish}`);
}

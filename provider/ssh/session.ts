import { constants } from "node:os";
import { type Duplex, Readable } from "node:stream";
import type { Client, ClientChannel } from "ssh2";
import { ConstellationError } from "../../contract/index.ts";
import { lost, whereOf } from "./failures.ts";
import { limits } from "./limits.ts";
import { findPrivilege, type Privilege } from "./privilege.ts";
import type { HostKeys, Opened, Outcome, RunOptions, Ssh, Target } from "./types.ts";

interface Underneath {
  readonly hostKeys: HostKeys;
  close(): void;
}

export function createSession(client: Client, target: Target, { hostKeys, close }: Underneath): Ssh {
  const name = `ssh://${target.user}@${whereOf(target)}`;
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  client.removeAllListeners("error").removeAllListeners("close");
  // Each command tells its own end; an error of the connection comes with its close.
  client.on("error", () => client.end());
  client.on("close", () => resolve());
  const run: Ssh["run"] = async (command, options) =>
    await start({ client, command, name, signal: options.signal }, (channel) =>
      toItsEnd(channel, command, name, options),
    );
  let privilege: Promise<Privilege> | undefined;
  const rights = () => {
    privilege ??= findPrivilege(run, target);
    return privilege;
  };
  return {
    name,
    hostKeys,
    closed,
    close,
    run,
    async runAsRoot(command, options) {
      const { wrap, preamble } = await rights();
      const named = { name: command, ...options };
      return await run(wrap(command), { ...named, input: withPreamble(preamble, options.input) });
    },
    async openAsRoot(command) {
      const { wrap, preamble } = await rights();
      return await start({ client, command: wrap(command), name }, (channel) => {
        if (preamble !== "") channel.write(preamble);
        return held(channel, command, name);
      });
    },
  };
}

function withPreamble(preamble: string, input: Readable | string = ""): Readable | string {
  if (typeof input === "string") return preamble + input;
  if (preamble === "") return input;
  return Readable.from(
    (async function* () {
      yield Buffer.from(preamble);
      yield* input;
    })(),
  );
}

interface Start {
  readonly client: Client;
  readonly command: string;
  /** Of the machine. */
  readonly name: string;
  readonly signal?: AbortSignal | undefined;
}

/** @param use is called at once: a quick command's exit comes with the answer that it has started. */
function start<T>(
  { client, command, name, signal }: Start,
  use: (channel: ClientChannel) => T | Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const settle = (act: () => void) => {
      isOver = true;
      clearTimeout(timer);
      client.off("close", gone);
      signal?.removeEventListener("abort", give);
      act();
    };
    const fail = (error: ConstellationError) => settle(() => reject(error));
    const gone = () => fail(lost("start a command", name));
    const give = () => fail(new ConstellationError("cancelled", `start a command on ${name}: cancelled`));
    const timer = setTimeout(() => {
      fail(stuck(name));
      client.destroy(); // whoever comes next logs in anew
    }, limits.startMs);
    if (signal?.aborted) return give();
    signal?.addEventListener("abort", give, { once: true });
    client.once("close", gone);
    try {
      client.exec(command, (error, channel) => {
        if (isOver) return channel?.close();
        if (error === undefined) return settle(() => resolve(use(channel)));
        const message = `start a command on ${name}: ${error.message}; does its sshd allow sessions with commands?`;
        fail(new ConstellationError("unreachable", message, { cause: error }));
      });
    } catch {
      gone(); // ssh2 throws where the connection has ended
    }
  });
}

function stuck(name: string): ConstellationError {
  const late = `not started within ${limits.startMs / 1000} s`;
  return new ConstellationError("unreachable", `start a command on ${name}: ${late}; is its sshd stuck?`);
}

function toItsEnd(
  channel: ClientChannel,
  command: string,
  name: string,
  { input = "", timeoutMs, signal, onStdout, name: title = command }: RunOptions,
): Promise<Outcome> {
  const action = `run ${title.split("\n", 1)[0]?.slice(0, 80)}`;
  return new Promise((resolve, reject) => {
    const stdout = lastOf(limits.outputBytes);
    const stderr = lastOf(limits.outputBytes);
    let exit: number | undefined;
    const settle = (act: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", give);
      act();
    };
    const fail = (error: Error) =>
      settle(() => {
        channel.close();
        reject(error);
      });
    const late = `${action} on ${name}: not done within ${timeoutMs / 1000} s`;
    const timer = setTimeout(() => fail(new ConstellationError("timeout", late)), timeoutMs);
    const give = () => fail(new ConstellationError("cancelled", `${action} on ${name}: cancelled`));
    signal?.addEventListener("abort", give, { once: true });
    if (signal?.aborted) give();
    channel.on("data", (chunk: Buffer) => {
      stdout.add(chunk);
      onStdout?.(chunk);
    });
    channel.stderr.on("data", stderr.add);
    channel.on("exit", (code: number | null, signalName?: string) => {
      exit = code ?? 128 + (constants.signals[`SIG${signalName}` as NodeJS.Signals] ?? 0);
    });
    channel.on("close", () => {
      if (exit === undefined) return fail(lost(action, name));
      const code = exit;
      settle(() => resolve({ code, stdout: stdout.text(), stderr: stderr.text() }));
    });
    feed(channel, input, (error) =>
      fail(new ConstellationError("invalid", `${action} on ${name}: read its input: ${error.message}`)),
    );
  });
}

/** A command that ends before it has read everything is judged by its exit code, not by that. */
function feed(channel: ClientChannel, input: Readable | string, broken: (error: Error) => void): void {
  channel.on("error", () => undefined);
  if (typeof input === "string") return void channel.end(input);
  input.on("error", broken);
  channel.on("close", () => input.destroy());
  input.pipe(channel);
}

function held(channel: ClientChannel, command: string, name: string): Opened {
  const stderr = lastOf(limits.shownBytes);
  channel.stderr.on("data", stderr.add);
  const line: Duplex = channel;
  line.on("close", () => {
    if (!line.destroyed) line.destroy(lost(`run ${command}`, name));
  });
  return { line, complaint: () => stderr.text().trim() };
}

function lastOf(bytes: number): { add(chunk: Buffer): void; text(): string } {
  let chunks: Buffer[] = [];
  let size = 0;
  return {
    add(chunk) {
      chunks.push(chunk);
      size += chunk.length;
      if (size <= 2 * bytes) return;
      chunks = [Buffer.concat(chunks).subarray(-bytes)];
      size = bytes;
    },
    text: () => Buffer.concat(chunks).subarray(-bytes).toString("utf8"),
  };
}

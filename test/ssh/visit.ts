/**
 * Logs in and does what it is told, inside a machine that a test has made. Standard input: a `Visit` as JSON; standard
 * output: a `Report`.
 */
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { type ConnectOptions, connect, type Ssh, type Target } from "../../provider/ssh/index.ts";

export interface Visit {
  readonly target: Target;
  readonly options?: ConnectOptions;
  readonly command?: string;
  readonly asRoot?: boolean;
  readonly input?: string;
  /** So many bytes instead of `input`. */
  readonly inputBytes?: number;
  readonly timeoutMs?: number;
  /** Gives up after so long. */
  readonly abortMs?: number;
}

export interface Report {
  readonly hostKeys?: Readonly<Record<string, string>>;
  readonly code?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly error?: { readonly code?: string; readonly message: string };
}

const chunk = Buffer.alloc(64 * 1024);

async function visit(asked: Visit): Promise<Report> {
  let ssh: Ssh | undefined;
  try {
    const { command, asRoot, inputBytes = 0, input = "", timeoutMs = 60_000, abortMs } = asked;
    ssh = await connect(asked.target, asked.options);
    if (command === undefined) return { hostKeys: ssh.hostKeys };
    const options = {
      timeoutMs,
      input: inputBytes > 0 ? Readable.from(bytes(inputBytes)) : input,
      ...(abortMs === undefined ? {} : { signal: AbortSignal.timeout(abortMs) }),
    };
    const outcome = asRoot ? await ssh.runAsRoot(command, options) : await ssh.run(command, options);
    return { hostKeys: ssh.hostKeys, ...outcome };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return { error: { message, ...(code === undefined ? {} : { code }) } };
  } finally {
    ssh?.close();
  }
}

function* bytes(count: number): Generator<Buffer> {
  for (let left = count; left > 0; left -= chunk.length)
    yield chunk.subarray(0, Math.min(left, chunk.length));
}

process.stdout.write(JSON.stringify(await visit(JSON.parse(await text(process.stdin)) as Visit)));

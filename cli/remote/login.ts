import { spawn } from "node:child_process";
import { Duplex, type Readable, type Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import { ConstellationError } from "../../contract/index.ts";
import { openTunnel, type Tunnel } from "../../contract/tunnel/index.ts";
import { remoteCommand, sshArguments } from "./command.ts";

/** The login, with what may be asked of a person, and the start of the agent's program there, milliseconds. */
const greetingMs = 120_000;
/** Of what ssh says, in a message; and how long its end is waited for, milliseconds: what it has started may hold it open. */
const saidCharacters = 2_000;
const lastWordsMs = 1_000;

export interface LoginOptions {
  /** The agent's root folder there; undefined: the machine's agent. */
  readonly root: string | undefined;
  /** Nobody is there to be asked: what needs an answer fails. */
  readonly isUnattended: boolean;
  /** What ssh says goes to the terminal; otherwise it is part of the failure. */
  readonly isShown: boolean;
}

/** Runs ssh(1); it ends with the signal, and with the tunnel. */
export async function login(
  destination: string,
  { root, isUnattended, isShown }: LoginOptions,
  signal: AbortSignal,
): Promise<Tunnel> {
  const child = spawn("ssh", [...sshArguments(destination, isUnattended), remoteCommand(root)], {
    // What ssh asks goes between it and the terminal, whatever becomes of its output.
    stdio: ["pipe", "pipe", isShown ? "inherit" : "pipe"],
  });
  const end = () => void child.kill();
  signal.addEventListener("abort", end, { once: true });
  child.once("exit", () => signal.removeEventListener("abort", end));
  const failed = new Promise<never>((_, reject) =>
    child.once("error", (cause) => {
      const message = `run ssh: ${cause.message}; -c needs the ssh command of OpenSSH on PATH`;
      reject(new ConstellationError("unreachable", message, { cause }));
    }),
  );
  const said = child.stderr ? lastWords(child.stderr) : async () => "";
  const line = Duplex.from({ readable: child.stdout as Readable, writable: child.stdin as Writable });
  line.on("error", () => undefined); // each connection over it tells its own end
  try {
    const tunnel = await Promise.race([openTunnel(line, `ssh://${destination}`, greetingMs), failed]);
    void tunnel.closed.then(end);
    return tunnel;
  } catch (error) {
    end();
    const { code, message } =
      error instanceof ConstellationError ? error : ended(`dial ssh://${destination}`, error);
    const reason = await said();
    throw new ConstellationError(code, reason === "" ? message : `${message}: ${reason}`, { cause: error });
  }
}

/** One of its streams tells it, whichever is the first: in words of its own. */
const ended = (action: string, cause: unknown) =>
  new ConstellationError("unreachable", `${action}: it ended before it began`, { cause });

/** The end of what a stream says; asked for once whoever writes it is gone, or was told to go. */
function lastWords(stream: Readable): () => Promise<string> {
  let text = "";
  stream.on("data", (chunk: Buffer) => {
    text = (text + chunk.toString("utf8")).slice(-saidCharacters);
  });
  const end = finished(stream).catch(() => undefined); // what came before counts
  return async () => {
    await Promise.race([end, delay(lastWordsMs, undefined, { ref: false })]);
    const lines = text.split(/\r?\n/).map((each) => each.trim());
    return lines.filter(Boolean).join("; ");
  };
}

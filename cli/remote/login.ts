import { spawn } from "node:child_process";
import { Duplex } from "node:stream";
import { ConstellationError } from "../../contract/index.ts";
import { openTunnel, type Tunnel } from "../../contract/tunnel/index.ts";
import { remoteCommand, sshArguments } from "./command.ts";

/** The login, with what may be asked of a person, and the start of the agent's program there, milliseconds. */
const greetingMs = 120_000;

export interface LoginOptions {
  /** The agent's root folder there; undefined: the machine's agent. */
  readonly root: string | undefined;
  /** Nobody is there to be asked or told: what needs an answer fails. */
  readonly isUnattended: boolean;
}

/** Runs ssh(1); it ends with the signal, and with the tunnel. */
export async function login(
  destination: string,
  { root, isUnattended }: LoginOptions,
  signal: AbortSignal,
): Promise<Tunnel> {
  const child = spawn("ssh", [...sshArguments(destination, isUnattended), remoteCommand(root)], {
    // What ssh asks and says goes between it and the terminal.
    stdio: ["pipe", "pipe", isUnattended ? "ignore" : "inherit"],
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
  const line = Duplex.from({ readable: child.stdout, writable: child.stdin });
  line.on("error", () => undefined); // each connection over it tells its own end
  const tunnel = await Promise.race([openTunnel(line, `ssh://${destination}`, greetingMs), failed]);
  void tunnel.closed.then(end);
  return tunnel;
}

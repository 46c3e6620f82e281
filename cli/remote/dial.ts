import { spawn } from "node:child_process";
import { Duplex } from "node:stream";
import { ConstellationError, type RemoteAddress } from "../../contract/index.ts";
import { openTunnel, type Tunnel } from "../../contract/tunnel/index.ts";
import { remoteCommand, sshArguments } from "./command.ts";

/** The login, with what may be asked of a person, and the start of the agent's program there, milliseconds. */
const greetingMs = 120_000;

export interface Remote {
  readonly address: RemoteAddress;
  /** Ends the login; without one, does nothing. */
  close(): void;
}

/** @param destination as ssh(1) takes it; not dialled before the first question. */
export function remote(destination: string, root: string | undefined): Remote {
  const name = `ssh://${destination}`;
  let opened: Promise<Tunnel> | undefined;
  let end = () => {};
  const open = async () => {
    const child = spawn("ssh", [...sshArguments(destination), remoteCommand(root)], {
      // What ssh asks and says goes between it and the terminal.
      stdio: ["pipe", "pipe", "inherit"],
    });
    end = () => child.kill();
    const failed = new Promise<never>((_, reject) =>
      child.once("error", (cause) => {
        const message = `run ssh: ${cause.message}; -c needs the ssh command of OpenSSH on PATH`;
        reject(new ConstellationError("unreachable", message, { cause }));
      }),
    );
    const line = Duplex.from({ readable: child.stdout, writable: child.stdin });
    line.on("error", () => undefined); // each connection over it tells its own end
    return await Promise.race([openTunnel(line, name, greetingMs), failed]);
  };
  return {
    address: {
      name,
      async dial() {
        opened ??= open();
        return await (await opened).dial();
      },
    },
    close: () => end(),
  };
}

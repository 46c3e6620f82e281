import { isIPv4 } from "node:net";
import type { RemoteMachine } from "../machines/index.ts";

const lookMs = 20_000;

/**
 * Where hosts reach a cluster's server while nobody has said so: its own end of the login on it, which is right also behind an
 * address translation. A server on this machine is reached as the new host was reached from here.
 * @returns undefined where it is no IPv4 address, or not told.
 */
export async function serverAddress(
  server: RemoteMachine | undefined,
  host: RemoteMachine,
  signal: AbortSignal,
): Promise<string | undefined> {
  const ssh = await (server ?? host).login(signal);
  // sshd(8): the client's address and port, then the machine's own.
  const { stdout } = await ssh.run('echo "$SSH_CONNECTION"', { timeoutMs: lookMs, signal });
  const [theirs = "", , own = ""] = stdout.trim().split(" ");
  const address = server === undefined ? theirs : own;
  return isIPv4(address) ? address : undefined;
}

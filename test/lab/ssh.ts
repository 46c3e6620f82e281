import { join } from "node:path";
import type { Inside } from "./machine.ts";

/** Who may log in to a host, and how: see host-install.sh. */
export type User = "root" | "admin" | "guest";

/** What `guest` can log in with. */
export const guestPassword = "guest";

const folderOf = (lab: Inside) => join(lab.root, "ssh");

/** The private key that every user of every host accepts. */
export const keyOf = (lab: Inside): string => join(folderOf(lab), "key");

const knownHostsOf = (lab: Inside) => join(folderOf(lab), "known_hosts");

export async function makeKey(lab: Inside): Promise<void> {
  await lab.output(["mkdir", folderOf(lab)]);
  await lab.output(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", keyOf(lab)]);
}

/** @param hostKey as in a `.pub` file */
export async function makeKnown(lab: Inside, address: string, hostKey: string): Promise<void> {
  await lab.output(["tee", "-a", knownHostsOf(lab)], { input: `${address} ${hostKey}\n` });
}

/** The command line of a client at the lab's end of the switch; without a command, a shell. */
export function sshCommand(lab: Inside, address: string, user: User, command: readonly string[]): string[] {
  const options = [
    "BatchMode=yes",
    "ConnectTimeout=5",
    "LogLevel=ERROR",
    "StrictHostKeyChecking=yes",
    `UserKnownHostsFile=${knownHostsOf(lab)}`,
  ];
  const words = options.flatMap((option) => ["-o", option]);
  return ["ssh", "-F", "none", "-i", keyOf(lab), ...words, `${user}@${address}`, ...command];
}

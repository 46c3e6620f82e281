import * as z from "zod";
import { about } from "../model/field.ts";
import { dnsLabel } from "../model/values.ts";
import { hostSettings } from "./host-settings.ts";

const address = z
  .string()
  .regex(/^([A-Za-z0-9_.-]{1,253}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.%a-z0-9]*)$/, {
    error: (issue) => `"${String(issue.input)}" is no address; write a name or an IP address, without a port`,
  })
  .describe("Name or IP address.");

const port = z.int().min(1).max(65_535).default(22).describe("sshd's port.");

const user = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}$/, { error: "is no user name" })
  .default("root")
  .describe("Logs in as this user, who is root or may run everything by sudo.");

const privateKey = about(z.string().min(1), { secret: true })
  .optional()
  .describe("A private key's text, as `ssh-keygen` writes it.");

const privateKeyPassphrase = about(z.string().min(1), { secret: true })
  .optional()
  .describe("Opens `privateKey` where that is encrypted.");

const password = about(
  // It is a line of sudo's input.
  z
    .string()
    .min(1)
    .regex(/^[^\n\r]*$/, { error: "must be one line" }),
  { secret: true },
).optional();

const agent = z
  .boolean()
  .optional()
  .describe(
    "Whether the keys of the SSH agent of whoever runs Pulumi (`SSH_AUTH_SOCK`) are tried. Default: where neither a key nor a password is given.",
  );

const hostKey = z
  .string()
  .regex(/^(SHA256:[A-Za-z0-9+/]{43}=?|(ssh-|ecdsa-)[a-z0-9-]+ [A-Za-z0-9+/]+=*( .*)?)$/, {
    error:
      "is no host key; paste the line of /etc/ssh/ssh_host_ed25519_key.pub, or the SHA256:... that `ssh-keygen -l` prints of it",
  })
  .optional()
  .describe(
    "The machine's host key: `ssh-ed25519 AAAA...`, or its fingerprint `SHA256:...`. Default: trusted at the first connection, and recorded in `hostKeys`; another one is then an error.",
  );

const jump = about(
  z.strictObject({
    address,
    port,
    user,
    privateKey: privateKey.describe("Default, with no `password` here either: what the server itself has."),
    privateKeyPassphrase,
    password: password.describe("For the login where no key does."),
    agent,
    hostKey,
  }),
  { type: "SshJump" },
);

/** A login as programs write it. */
export const ssh = about(
  z.strictObject({
    address,
    port,
    user,
    privateKey,
    privateKeyPassphrase,
    password: password.describe("For the login where no key does, and for sudo where that asks."),
    agent,
    hostKey,
    jump: z
      .array(jump)
      .max(4)
      .optional()
      .describe("Machines to go through, first to last, whose sshd forwards TCP."),
  }),
  { type: "Ssh" },
);

const server = about(
  z.strictObject({
    ssh: ssh.describe("How the machine is reached."),
    ...hostSettings,
  }),
  { type: "Server" },
);

/** The machines that keep a cluster's state, by the name each has in it. */
export const servers = z
  .record(dnsLabel, server)
  .describe(
    "The machines that keep the cluster's state and run services, by their names in it. Each needs Linux, sshd and a shell; everything else is brought along. Absent: this machine is the cluster.",
  );

export type Servers = z.infer<typeof servers>;
export type SshLogin = z.infer<typeof ssh>;

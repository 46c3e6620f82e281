import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Machine, MachineProcess } from "../lab/index.ts";

export interface SshdOptions {
  readonly port: number;
  /** Lines of sshd_config(5) beside the usual ones. */
  readonly settings?: readonly string[];
}

export interface Sshd {
  readonly process: MachineProcess;
  /** `ssh-ed25519 AAAA...` */
  readonly hostKey: string;
}

/** Users that the machine has for SSH, with what sudo lets them do; the password of each is its name and `-pw`. */
export const users = {
  free: "free ALL=(ALL) NOPASSWD: ALL",
  asked: "asked ALL=(ALL) ALL",
  barred: "",
} as const;

const startMs = 10_000;

/** Gives a machine users of its own: the files that name them are shared with the real one otherwise. */
export async function addUsers(machine: Machine): Promise<void> {
  const etc = join(machine.root, "etc");
  const hash = async (password: string) =>
    (await machine.output(["openssl", "passwd", "-6", password])).trim();
  await mkdir(join(etc, "sudoers.d"), { recursive: true });
  const lines = { passwd: "root:x:0:0:root:/root:/bin/sh\n", shadow: "", group: "root:x:0:\n" };
  lines.shadow = `root:${await hash("root-pw")}:19000:0:99999:7:::\n`;
  lines.passwd +=
    "sshd:x:100:65534::/run/sshd:/usr/sbin/nologin\nnobody:x:65534:65534::/:/usr/sbin/nologin\n";
  lines.shadow += "sshd:!:19000::::::\nnobody:!:19000::::::\n";
  let id = 2000;
  for (const [name, rule] of Object.entries(users)) {
    lines.passwd += `${name}:x:${id}:${id}::${homeOf(machine, name)}:/bin/sh\n`;
    lines.shadow += `${name}:${await hash(`${name}-pw`)}:19000:0:99999:7:::\n`;
    lines.group += `${name}:x:${id}:\n`;
    await mkdir(homeOf(machine, name), { recursive: true });
    if (rule !== "") await writeFile(join(etc, "sudoers.d", name), `${rule}\n`, { mode: 0o440 });
    id += 1;
  }
  for (const [name, text] of Object.entries(lines)) await writeFile(join(etc, name), text);
  for (const name of [...Object.keys(lines), "sudoers.d"])
    await machine.output(["mount", "--bind", join(etc, name), join("/etc", name)]);
}

/** Makes a key pair in the machine's folder that opens root and every user. */
export async function addKey(machine: Machine, name = "key", passphrase = ""): Promise<string> {
  const file = join(machine.root, name);
  await machine.output(["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", file]);
  const keys = join(machine.root, "authorized_keys");
  await machine.output(["sh", "-c", `cat ${file}.pub >>${keys}`]);
  return file;
}

/** Starts Debian's sshd with a host key of its own; resolves once it listens. */
export async function startSshd(machine: Machine, { port, settings = [] }: SshdOptions): Promise<Sshd> {
  const folder = join(machine.root, `sshd-${port}`);
  await mkdir(folder, { recursive: true });
  const hostKey = join(folder, "host_key");
  await machine.output(["sh", "-c", `rm -f ${hostKey}*; ssh-keygen -q -t ed25519 -N '' -f ${hostKey}`]);
  const lines = [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${join(machine.root, "authorized_keys")}`,
    `PidFile ${join(folder, "pid")}`,
    "PermitRootLogin yes",
    "UsePAM no",
    "StrictModes no",
    ...settings,
    "PasswordAuthentication yes",
  ];
  await writeFile(join(folder, "config"), `${lines.join("\n")}\n`);
  await machine.output(["mkdir", "-p", "/run/sshd"]);
  const process = await machine.spawn(["/usr/sbin/sshd", "-D", "-e", "-f", join(folder, "config")]);
  await listening(machine, port);
  const [type, key] = (await machine.output(["cat", `${hostKey}.pub`])).split(" ");
  return { process, hostKey: `${type} ${key}` };
}

async function listening(machine: Machine, port: number): Promise<void> {
  const deadline = performance.now() + startMs;
  for (;;) {
    const { stdout } = await machine.run(["ss", "-Hltn", `sport = :${port}`]);
    if (stdout.trim() !== "") return;
    if (performance.now() > deadline) throw new Error(`start sshd: nothing listens on ${port}`);
    await delay(20);
  }
}

const homeOf = (machine: Machine, user: string) => join(machine.root, "home", user);

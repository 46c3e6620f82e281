import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { fingerprintOf, pinTo, type Target } from "../../provider/ssh/index.ts";
import { type Machine, startMachine } from "../lab/index.ts";
import { addKey, addUsers, type Sshd, startSshd } from "./sshd.ts";
import type { Report, Visit } from "./visit.ts";

const script = join(import.meta.dirname, "visit.ts");
const ports = { plain: 2201, keysOnly: 2202, inner: 2203, noForwarding: 2204, short: 2205 };

let machine: Machine;
let plain: Sshd;
let inner: Sshd;
let key: string;
let lockedKey: string;

beforeAll(async () => {
  machine = await startMachine();
  await addUsers(machine);
  key = readFileSync(await addKey(machine), "utf8");
  lockedKey = readFileSync(await addKey(machine, "locked", "open sesame"), "utf8");
  plain = await startSshd(machine, { port: ports.plain });
  await startSshd(machine, { port: ports.keysOnly, settings: ["PasswordAuthentication no"] });
  inner = await startSshd(machine, { port: ports.inner });
  await startSshd(machine, { port: ports.noForwarding, settings: ["DisableForwarding yes"] });
});
afterAll(async () => {
  await machine?.stop();
});

const target = (more: Partial<Target> = {}): Target => ({
  address: "127.0.0.1",
  port: ports.plain,
  user: "root",
  privateKey: key,
  ...more,
});
const without = (login: Target, ...names: (keyof Target)[]): Target =>
  Object.fromEntries(
    Object.entries(login).filter(([name]) => !names.includes(name as keyof Target)),
  ) as never;

async function visit(asked: Visit): Promise<Report> {
  const { stdout, stderr } = await machine.run(["node", "--disable-warning=ExperimentalWarning", script], {
    input: JSON.stringify(asked),
  });
  if (stdout === "") throw new Error(`visit: ${stderr}`);
  return JSON.parse(stdout);
}

describe("logging in", () => {
  test("with a private key, with one that has a passphrase, with a password", async () => {
    const command = "id -un";
    const root = { code: 0, stdout: "root\n" };
    expect(await visit({ target: target(), command })).toMatchObject(root);
    const opened = target({ privateKey: lockedKey, privateKeyPassphrase: "open sesame" });
    expect(await visit({ target: opened, command })).toMatchObject(root);
    const password = without(target({ user: "asked", password: "asked-pw" }), "privateKey");
    expect(await visit({ target: password, command })).toMatchObject({ stdout: "asked\n" });
  });

  test("with the keys of an SSH agent, without being told where nothing else is given", async () => {
    const agentSocket = join(machine.root, "agent.sock");
    const agent = await machine.spawn(["ssh-agent", "-D", "-a", agentSocket]);
    const add = `until ssh-add -q ${machine.root}/key; do sleep 0.05; done`;
    await machine.output(["sh", "-c", add], { env: { SSH_AUTH_SOCK: agentSocket }, timeoutMs: 10_000 });
    const bare = without(target(), "privateKey");
    expect(await visit({ target: bare, options: { agentSocket }, command: "id -u" })).toMatchObject({
      stdout: "0\n",
    });
    expect((await visit({ target: bare, command: "id -u" })).error).toMatchObject({
      code: "login-denied",
      message: expect.stringContaining("SSH_AUTH_SOCK"),
    });
    agent.kill();
  });

  test("a refusal names the ways that were tried, and no secret", async () => {
    const { error } = await visit({
      target: target({
        user: "barred",
        privateKey: lockedKey,
        privateKeyPassphrase: "open sesame",
        port: ports.keysOnly,
        password: "guessed-pw",
      }),
    });
    expect(error).toBeUndefined(); // its key opens every user
    const wrong = without(target({ password: "guessed-pw" }), "privateKey");
    expect((await visit({ target: wrong })).error).toEqual({
      code: "login-denied",
      message: `log in to 127.0.0.1:${ports.plain} as root: refused; tried password; check the user, and that its authorized_keys or password fit`,
    });
  });

  test("a key that cannot be read is told as what it is, without its text", async () => {
    const locked = (await visit({ target: target({ privateKey: lockedKey }) })).error;
    expect(locked).toMatchObject({ code: "invalid", message: expect.stringContaining("it is encrypted") });
    const wrong = await visit({ target: target({ privateKey: lockedKey, privateKeyPassphrase: "sesame" }) });
    expect(wrong.error?.message).toMatch(/privateKeyPassphrase does not open it/);
    const junk = (await visit({ target: target({ privateKey: "not a key at all" }) })).error;
    expect(junk?.message).toMatch(/no private key that can be read/);
    expect(junk?.message).not.toMatch(/not a key at all/);
  });

  test("nobody there, no such name and no SSH server are told apart", async () => {
    expect((await visit({ target: target({ port: 2299 }) })).error).toMatchObject({
      code: "unreachable",
      message: expect.stringContaining("nobody listens there"),
    });
    expect((await visit({ target: target({ address: "no-such-host.invalid" }) })).error).toMatchObject({
      code: "unreachable",
      message: expect.stringContaining("the name is not known here"),
    });
  });
});

describe("host keys", () => {
  test("are trusted and reported on first use, then recognised", async () => {
    const first = await visit({ target: target() });
    expect(first.hostKeys).toEqual({ [`127.0.0.1:${ports.plain}`]: plain.hostKey });
    expect(
      (await visit({ target: target(), options: { known: first.hostKeys ?? {} } })).error,
    ).toBeUndefined();
  });

  test("pinned as a line or as a fingerprint", async () => {
    for (const hostKey of [plain.hostKey, `${plain.hostKey} comment`, fingerprintOf(plain.hostKey)])
      expect((await visit({ target: target({ hostKey }) })).error).toBeUndefined();
  });

  test("another one than pinned or recorded is refused before any secret is sent, naming both", async () => {
    const both = [fingerprintOf(plain.hostKey), fingerprintOf(inner.hostKey)];
    const pinned = (await visit({ target: target({ hostKey: inner.hostKey }) })).error;
    const known = { [`127.0.0.1:${ports.plain}`]: inner.hostKey };
    const recorded = (await visit({ target: target(), options: { known } })).error;
    for (const error of [pinned, recorded]) {
      expect(error?.code).toBe("host-key-changed");
      for (const fingerprint of both) expect(error?.message).toContain(fingerprint);
    }
    expect(pinned?.message).toMatch(/the one that the program pins is .*set ssh\.hostKey .* to SHA256:/);
    expect(recorded?.message).toMatch(
      /the one that was recorded .* is .*set ssh\.hostKey \(of a Cluster's server: servers\.NAME\.ssh\.hostKey\) to SHA256:/,
    );
    // What an access hands on was not written by the program either.
    const handedOn = (await visit({ target: pinTo(target(), known) })).error;
    expect(handedOn?.message).toBe(recorded?.message);
  });
});

describe("jump hosts", () => {
  const through = (port: number, more: Partial<Target> = {}) =>
    target({ port: ports.inner, jump: [target({ port, ...more })] });

  test("lead to a machine, and their keys are checked too", async () => {
    const went = await visit({ target: through(ports.plain), command: "echo $SSH_CONNECTION" });
    expect(went.error).toBeUndefined();
    expect(went.stdout).toMatch(new RegExp(` 127.0.0.1 ${ports.inner}\n$`));
    expect(went.hostKeys).toEqual({
      [`127.0.0.1:${ports.plain}`]: plain.hostKey,
      [`127.0.0.1:${ports.plain} > 127.0.0.1:${ports.inner}`]: inner.hostKey,
    });
    const wrong = await visit({ target: through(ports.plain, { hostKey: inner.hostKey }) });
    expect(wrong.error).toMatchObject({
      code: "host-key-changed",
      message: expect.stringContaining("set ssh.jump[0].hostKey "),
    });
  });

  test("that forward nothing are named", async () => {
    expect((await visit({ target: through(ports.noForwarding) })).error).toMatchObject({
      code: "unreachable",
      message: expect.stringContaining(`the jump host 127.0.0.1:${ports.noForwarding} does not get there`),
    });
  });
});

describe("root's rights", () => {
  const command = `id -u; cat; printf "it's \\"quoted\\" \\$HOME"`;

  test("by sudo without and with a password, which only sudo gets", async () => {
    for (const user of ["free", "asked"] as const) {
      const login = target({ user, password: `${user}-pw` });
      const went = await visit({ target: login, command, asRoot: true, input: "the input\n" });
      expect(went).toMatchObject({ code: 0, stdout: `0\nthe input\nit's "quoted" $HOME` });
    }
  });

  test("a password is asked for every time, so none ends up in a command's input", async () => {
    const login = target({ user: "asked", password: "asked-pw" });
    const again = "sudo -n true 2>/dev/null; cat";
    for (let round = 0; round < 2; round++)
      expect(await visit({ target: login, command: again, asRoot: true })).toMatchObject({ stdout: "" });
  });

  test("refused is told with what sudo said, without the password", async () => {
    const asRoot = true;
    const none = (await visit({ target: target({ user: "asked" }), command, asRoot })).error;
    expect(none).toMatchObject({ code: "login-denied", message: expect.stringContaining("none is given") });
    const wrong = (
      await visit({ target: target({ user: "asked", password: "guessed-pw" }), command, asRoot })
    ).error;
    expect(wrong).toMatchObject({ code: "login-denied" });
    expect(wrong?.message).toMatch(/sudo refuses the password/);
    expect(wrong?.message).not.toMatch(/guessed-pw/);
    const barred = await visit({
      target: target({ user: "barred", password: "barred-pw" }),
      command,
      asRoot,
    });
    expect(barred.error).toMatchObject({ code: "login-denied" });
  });
});

describe("commands", () => {
  test("an exit code and both outputs come back, and many bytes go in", async () => {
    const counted = await visit({
      target: target(),
      command: "wc -c; echo err >&2; exit 7",
      inputBytes: 50_000_000,
    });
    expect(counted).toMatchObject({ code: 7, stdout: "50000000\n", stderr: "err\n" });
  });

  test("one that reads nothing of what it gets is judged by its exit code", async () => {
    expect(await visit({ target: target(), command: "exit 3", inputBytes: 50_000_000 })).toMatchObject({
      code: 3,
    });
  });

  test("one that takes too long, or is not wanted any more, is given up", async () => {
    const late = await visit({ target: target(), command: "sleep 60", timeoutMs: 300 });
    expect(late.error).toMatchObject({
      code: "timeout",
      message: expect.stringContaining("not done within 0.3 s"),
    });
    const unwanted = await visit({ target: target(), command: "sleep 60", abortMs: 300 });
    expect(unwanted.error).toMatchObject({ code: "cancelled" });
  });

  test("login cut in the middle of an upload: the command is told as lost; within 20 s", async () => {
    const short = await startSshd(machine, { port: ports.short });
    const file = join(machine.root, "uploaded");
    const went = visit({
      target: target({ port: ports.short }),
      command: `cat >${file}`,
      inputBytes: 20_000_000_000,
    });
    await until(async () => (await machine.run(["test", "-s", file])).code === 0);
    await machine.output(["sh", "-c", `kill -9 $(pgrep -P ${await pidInside(short)})`]);
    expect((await went).error).toMatchObject({
      code: "unreachable",
      message: expect.stringContaining("was lost"),
    });
    short.process.kill();
  });

  test("machine that falls silent in the middle: the command is told as lost; within 50 s", async () => {
    const short = await startSshd(machine, { port: ports.short });
    const began = performance.now();
    const went = visit({ target: target({ port: ports.short }), command: "sleep 61", timeoutMs: 60_000 });
    const drop = "nft add table inet cut; nft 'add chain inet cut in { type filter hook input priority 0; }'";
    await until(async () => (await machine.run(["pgrep", "-f", "^sleep 61"])).code === 0);
    await machine.output(["sh", "-c", `${drop}; nft add rule inet cut in tcp sport ${ports.short} drop`]);
    expect((await went).error).toMatchObject({
      code: "unreachable",
      message: expect.stringContaining("was lost"),
    });
    expect(performance.now() - began).toBeLessThan(50_000);
    short.process.kill();
  });
});

async function pidInside(sshd: Sshd): Promise<string> {
  const status = readFileSync(`/proc/${sshd.process.pid}/status`, "utf8");
  return /^NSpid:.*\t(\d+)$/m.exec(status)?.[1] ?? "";
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error("wait: it does not come about");
    await delay(50);
  }
}

import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import type { HostShell } from "../../provider/kit/index.ts";
import type { Machine, MachineProcess, Result } from "../lab/index.ts";

/** A root with a static busybox and nothing else: no C library, no Node, no container runtime. */
export interface BareRoot extends HostShell {
  /** As the outside sees it, its memory file systems too. */
  readonly path: string;
  /** Runs a command of the root's to its end, whatever its exit code. */
  command(argv: readonly string[], input?: Uint8Array): Promise<Result>;
  stop(): Promise<void>;
}

/** What a POSIX system has; `readlink -f` is what the agent's launcher asks for beside that. */
const commands = ["cat", "chmod", "echo", "mkdir", "mv", "readlink", "rm", "sh"];
const path = "/bin:/sbin:/usr/bin:/usr/sbin";

/** In a machine's folder. @param programs further static ones: path in the root to the file here */
export async function startBareRoot(
  machine: Machine,
  programs: Readonly<Record<string, string>> = {},
): Promise<BareRoot> {
  const root = mkdtempSync(join(machine.root, "bare-"));
  for (const folder of ["bin", "etc"]) mkdirSync(join(root, folder));
  copyFileSync("/bin/busybox", join(root, "bin", "busybox"));
  for (const name of commands) symlinkSync("busybox", join(root, "bin", name));
  for (const [name, file] of Object.entries(programs)) copyFileSync(file, join(root, name));
  writeFileSync(join(root, "etc/passwd"), "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n");
  writeFileSync(join(root, "etc/group"), "root:x:0:\nnogroup:x:65534:\n");
  const keeper = await machine.spawn([
    ...["unshare", "--mount", "--propagation", "private"],
    ...[join(import.meta.dirname, "bare.sh"), root],
  ]);
  await untilReady(keeper);
  const inside = ["nsenter", `--mount=/proc/${pidInside(keeper.pid)}/ns/mnt`, "--"];
  const env = { PATH: path, HOME: "/", TMPDIR: "/tmp" };
  return {
    path: `/proc/${keeper.pid}/root`,
    command: async (argv, input) =>
      await machine.run([...inside, ...argv], { env, ...(input !== undefined && { input }) }),
    async run(script, input) {
      const child = await machine.spawn([...inside, "sh", "-c", script], { env });
      child.stdin?.on("error", () => {}); // a script need not read its input
      input.pipe(child.stdin as Writable);
      const [said, complaint, { code }] = await Promise.all([
        text(child.stdout as Readable),
        text(child.stderr as Readable),
        child.exited,
      ]);
      if (code !== 0) throw new Error(`exit code ${code}: ${complaint.trim()}`);
      return said;
    },
    async stop() {
      keeper.stdin?.end();
      await keeper.exited;
    },
  };
}

async function untilReady({ stdout, stderr }: MachineProcess): Promise<void> {
  let said = "";
  for await (const chunk of stdout as Readable) {
    said += chunk;
    if (said.includes("ready\n")) return;
  }
  throw new Error(`start bare root: ${said}${await text(stderr as Readable)}`);
}

/** The last of what proc(5) lists is the pid in the process's own namespace. */
function pidInside(pid: number): string {
  const [, pids = ""] = /^NSpid:\s+(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return pids.split("\t").at(-1) ?? "";
}

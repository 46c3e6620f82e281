import assert from "node:assert/strict";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { isAlive, readStartTime } from "../../../agent/adapters/libc/index.ts";
import type { Check } from "./implementations.ts";

export const checkSpawn: Check = async ({ spawner }, folder) => {
  // Descriptors that lie among their own targets, swapped: 1 and 2 of the child are our 4 and 3 files, crossed.
  const files = ["out", "err"].map((name) => openSync(join(folder, name), "w"));
  const [out = -1, err = -1] = files;
  const child = await spawner.spawn({
    argv: ["sh", "-c", "echo to-out; echo to-err >&2; echo three >&3; cat >&4; pwd >&3; exit 7"],
    env: { PATH: process.env.PATH ?? "" },
    fds: { 0: "input", 1: err, 2: out, 3: "output", 4: "output" },
    cwd: folder,
    session: "own",
  });
  child.inputs.get(0)?.end("through a pipe");
  const [three, four] = [child.outputs.get(3), child.outputs.get(4)];
  assert.ok(three && four);
  assert.deepEqual(await Promise.all([text(three), text(four)]), [`three\n${folder}\n`, "through a pipe"]);
  assert.deepEqual(await child.exited, { code: 7, signal: null });
  files.forEach(closeSync);
  assert.equal(readFileSync(join(folder, "err"), "utf8"), "to-out\n");
  assert.equal(readFileSync(join(folder, "out"), "utf8"), "to-err\n");
};

/** As conmon does: the child ends at once, a descendant keeps running with every descriptor it was given. */
export const checkDaemon: Check = async ({ spawner }) => {
  const child = await spawner.spawn({
    argv: ["sh", "-c", "sleep 60 & echo $! >&3"],
    fds: { 3: "output" },
  });
  const pidLine = once(child.outputs.get(3) as NodeJS.ReadableStream, "data");
  assert.deepEqual(await child.exited, { code: 0, signal: null });
  const descendant = Number(String((await pidLine)[0]));
  assert.ok(await readStartTime(descendant), "the descendant still runs");
  process.kill(descendant, "SIGKILL");
  assert.equal(await readStartTime(child.pid), undefined, "the child is reaped");
};

export const checkRun: Check = async ({ run }) => {
  const echoed = await run(["sh", "-c", "cat /dev/stdin; echo oops >&2; exit 3"], { input: "from input" });
  assert.deepEqual(echoed, { code: 3, stdout: "from input", stderr: "oops\n" });
  assert.equal((await run(["sh", "-c", "kill -9 $$"])).code, 137);
  assert.equal((await run(["sh", "-c", "sleep 60 & echo done"])).stdout, "done\n");
  await assert.rejects(run(["no-such-program"]), {
    code: "ENOENT",
    message: /^start no-such-program: ENOENT/,
  });
  await assert.rejects(run(["sleep", "60"], { timeoutMs: 50 }), { code: "ETIMEDOUT" });
  await assert.rejects(run(["yes"], { maxOutputBytes: 10_000 }), { code: "ETRUNCATED" });
  const ignored = await run(["sh", "-c", "grep SigIgn /proc/self/status"]);
  assert.match(ignored.stdout, /0000000000000000$/m, "no signal is ignored by the child");
};

export const checkSignals: Check = async ({ spawner, processes }) => {
  const child = await spawner.spawn({ argv: ["sleep", "60"] });
  const startTime = (await readStartTime(child.pid)) ?? "";
  const identity = { pid: child.pid, startTime };
  const stranger = { pid: child.pid, startTime: String(Number(startTime) - 1) };
  assert.equal(await isAlive(identity), true);
  assert.equal(await processes.signal(stranger, "SIGKILL"), "gone", "another process's pid is left alone");
  await processes.waitForEnd(stranger, AbortSignal.timeout(5_000));
  await assert.rejects(
    processes.waitForEnd(identity, AbortSignal.timeout(20)),
    "aborted while it still runs",
  );
  const ended = processes.waitForEnd(identity, AbortSignal.timeout(5_000));
  assert.equal(await processes.signal(identity, "SIGTERM"), "sent");
  await ended;
  assert.deepEqual(await child.exited, { code: null, signal: "SIGTERM" });
  assert.equal(await processes.signal(identity, "SIGTERM"), "gone");
  assert.equal(await isAlive(identity), false);
};

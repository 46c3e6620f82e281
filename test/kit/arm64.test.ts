import { readdirSync } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Kit, kitRoot, openKit } from "../../provider/kit/index.ts";
import { ensureKit } from "../../tools/kit/index.ts";
import { findProgram } from "../../tools/lib/run.mjs";
import { type Machine, startMachine } from "../lab/index.ts";
import { type BareRoot, startBareRoot } from "./bare.ts";
import { callsC, programs } from "./programs.ts";

/** What a shell script starts is run by what it starts: no kernel here runs these programs by themselves. */
const launched: Readonly<Record<string, readonly string[]>> = {
  constellation: ["bin/node", "cli/main.js"],
  "constellation-agent": ["bin/node", "agent/main.js"],
};

/** The emulator has no netfilter sockets, which nft opens before it reads its arguments. */
const saidHere: Readonly<Record<string, RegExp>> = { nft: /mnl\.c.*Unable to initialize Netlink socket/ };

let machine: Machine;
let host: BareRoot;
let kit: Kit;

beforeAll(async () => {
  await ensureKit("arm64");
  kit = await openKit("arm64");
  machine = await startMachine({ name: "arm64" });
  host = await startBareRoot(machine, {
    "bin/emulator": findProgram("qemu-aarch64-static") ?? "",
    "bin/receiver": kit.receiver.path,
  });
}, 600_000);

afterAll(async () => {
  await host?.stop();
  await machine?.stop();
});

const emulate = (argv: readonly string[], input?: Uint8Array) =>
  host.command(["/bin/emulator", "-E", "_LIBCONTAINER_CLONED_BINARY=1", ...argv], input);

/** As the agent does (agent/adapters/crun/program.ts): else crun executes its own file, which here is the emulator's. */
async function spareCopyOfItself(crun: string): Promise<void> {
  for (const args of [
    ["--bind", crun, crun],
    ["-o", "remount,bind,ro", crun],
  ]) {
    expect(await host.command(["/bin/busybox", "mount", ...args])).toMatchObject({ code: 0 });
  }
}

test("the kit for arm64 is received by its own receiver, and each of its programs starts", async () => {
  const asked = await emulate(["/bin/receiver", "missing"], kit.manifestBytes);
  const { missing } = JSON.parse(asked.stdout);
  const stream = await buffer((await kit.pack(missing)).open(() => {}));
  expect(await emulate(["/bin/receiver", "receive"], stream)).toMatchObject({ code: 0, stderr: "" });
  expect(readdirSync(join(host.path, kitRoot))).toContain(kit.digest);

  await spareCopyOfItself(join(kit.folder, "bin/crun"));
  for (const [name, { args, says }] of Object.entries(programs)) {
    const files = launched[name] ?? [`bin/${name}`];
    const { stdout, stderr } = await emulate([...files.map((file) => join(kit.folder, file)), ...args]);
    const said = `${stdout}${stderr}`;
    expect({ name, said }).toEqual({ name, said: expect.stringMatching(saidHere[name] ?? says) });
  }
  const called = await emulate([join(kit.folder, "bin/node"), "-e", callsC(kit.folder)]);
  expect(called).toMatchObject({ code: 0, stdout: "true\n" });
}, 300_000);

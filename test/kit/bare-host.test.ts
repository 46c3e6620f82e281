import { readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { connect } from "../../contract/index.ts";
import { type HostShell, type Kit, kitRoot, openKit, sendKit } from "../../provider/kit/index.ts";
import { ensureKit } from "../../tools/kit/index.ts";
import { thisArch } from "../../tools/kit/platform.ts";
import { type Machine, startMachine } from "../lab/index.ts";
import { inside, network, owner, runIdle, uploadImage } from "../security/agent.ts";
import { type BareRoot, startBareRoot } from "./bare.ts";
import { callsC, programs } from "./programs.ts";

let machine: Machine;
let host: BareRoot;
let kit: Kit;

beforeAll(async () => {
  await ensureKit(thisArch);
  kit = await openKit(thisArch);
  machine = await startMachine({ name: "bare" });
  host = await startBareRoot(machine);
}, 600_000);

afterAll(async () => {
  await host?.stop();
  await machine?.stop();
});

const program = (name: string) => join(kit.folder, "bin", name);

/** The programs of living processes but those that the test itself has there, by the paths they were started from. */
function running(): string[] {
  return machine.processes().flatMap(({ pid }) => {
    try {
      return [readlinkSync(`/proc/${machine.pid}/root/proc/${pid}/exe`)];
    } catch {
      return []; // it has ended
    }
  });
}

/** The connection ends after so many bytes of a script's input, which is all that sshd tells the script. */
function lostAfter(bytes: number): HostShell {
  async function* begin(input: Readable) {
    let left = bytes;
    for await (const chunk of input) {
      yield chunk.subarray(0, left);
      left -= chunk.length;
      if (left <= 0) return;
    }
  }
  return { run: (script, input) => host.run(script, Readable.from(begin(input), { objectMode: false })) };
}

const namesIn = (folder: string) => readdirSync(join(host.path, folder));

describe("a host with nothing but a shell", () => {
  test("has no receiver and no kit when the connection was lost; what came is not sent again", async () => {
    await expect(sendKit(kit, lostAfter(1_000_000))).rejects.toThrow("exit code 1");
    expect(namesIn("opt/constellation/receiver")).toEqual([]);
    await expect(sendKit(kit, lostAfter(40_000_000))).rejects.toThrow("the transfer was cut");
    expect(namesIn(kitRoot)).not.toContain(kit.digest);
    expect(namesIn(join(kitRoot, "files")).length).toBeGreaterThan(0);
  });

  test("gets the kit once", async () => {
    let told = 0;
    const first = await sendKit(kit, host, ({ sentBytes, totalBytes }) => {
      told = sentBytes / totalBytes;
    });
    expect(first.folder).toBe(kit.folder);
    expect(first.sentBytes).toBeGreaterThan(kit.receiver.bytes);
    const whole = await kit.pack(kit.manifest.files.map(({ sha256 }) => sha256));
    expect(first.sentBytes).toBeLessThan(whole.bytes);
    expect(told).toBe(1);
    expect(await sendKit(kit, host)).toEqual({ folder: kit.folder, sentBytes: 0 });
  });

  test("starts each program of it", async () => {
    expect(namesIn(join(kit.folder, "bin")).sort()).toEqual(Object.keys(programs).sort());
    for (const [name, { args, says }] of Object.entries(programs)) {
      const { stdout, stderr } = await host.command([program(name), ...args]);
      expect({ name, said: `${stdout}${stderr}` }).toEqual({ name, said: expect.stringMatching(says) });
    }
    const called = await host.command([program("node"), "-e", callsC(kit.folder)]);
    expect(called).toMatchObject({ code: 0, stdout: "true\n" });
  });

  test("runs an agent and an instance from it, and nothing is left after", async () => {
    const before = running();
    const up = await host.command([program("constellation-agent"), "up"]);
    expect(up).toMatchObject({ code: 0 });
    const client = connect({ socket: join(host.path, "run/constellation/agent.sock") });
    await client.putCluster({ owner, name: "bare", network });
    const id = await runIdle(client, "web", await uploadImage(client, "busybox"));
    expect(await inside(client, id, ["nslookup", "web.default.internal"])).toMatch(/^Name:/m);

    const ours = running().filter((path) => !before.includes(path) && !path.endsWith("/bin/busybox"));
    expect(ours.filter((path) => !path.startsWith(`${kit.folder}/bin/`))).toEqual([]);
    for (const name of ["node", "constellation-guard", "etcd", "dnsmasq", "conmon"]) {
      expect(ours).toContain(program(name));
    }

    const listed = await host.command([program("constellation"), "ps"]);
    expect(listed).toMatchObject({ code: 0, stdout: expect.stringContaining("web-0") });
    expect(await host.command([program("constellation-agent"), "down"])).toMatchObject({ code: 0 });
    expect(await host.command([program("constellation-agent"), "traces"])).toMatchObject({
      code: 0,
      stdout: "",
    });
    expect(running().filter((path) => path.startsWith(kit.folder))).toEqual([]);
  }, 180_000);
});

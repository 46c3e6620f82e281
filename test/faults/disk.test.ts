import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { until } from "../control/until.ts";
import type { FaultHost } from "./host.ts";
import { owner } from "./service.ts";
import { expectNoneFailed, expectUntouched, loadOn, useSteadyHost } from "./steady.ts";

const mebibyte = 1024 * 1024;
let host: FaultHost;

/** The state folder is a disk of its own, and the images below it are another. */
useSteadyHost(
  (started) => {
    host = started;
  },
  async (machine, { id, stateDir }) => {
    const mount = async (folder: string, size: string) => {
      await machine.output(["mkdir", "-p", folder]);
      await machine.output(["mount", "-t", "tmpfs", "-o", `size=${size},mode=711`, "none", folder]);
    };
    await mount(stateDir, "1100m");
    await machine.output(["tee", join(stateDir, ".constellation")], { input: `${id}\n` });
    await mount(join(stateDir, "images"), "200m");
  },
);

const put = (name: string, bytes: number) =>
  host.client.putDocument(
    { namespace: "default", plural: "configfiles", name },
    { owner, inputs: { content: "x".repeat(bytes) } },
    {},
  );
const names = async () => (await host.client.listDocuments("configfiles")).map(({ name }) => name);

/** Leaves so many bytes free on the disk of a folder; `free` gives the rest back. */
async function fill(folder: string, leftBytes: number): Promise<{ free(): Promise<void> }> {
  const hog = join(folder, "hog");
  // Somebody else may write between the look and the allocation.
  const attempt = 'free=$(df --output=avail -B1 "$1" | tail -1) && fallocate -l $((free - $3)) "$2"';
  const script = `for try in 1 2 3 4 5 6 7 8 9; do ${attempt} && exit 0; rm -f "$2"; done; ${attempt}`;
  await host.machine.output(["sh", "-c", script, "sh", folder, hog, String(leftBytes)]);
  return { free: async () => void (await host.machine.output(["rm", hog])) };
}

test("a full disk under the store: writes are refused with the reason, what was acknowledged is there, what runs is looked after, and writes go on by themselves once there is room; within 30 s", async () => {
  const load = await loadOn(host, "steady");
  const disk = await fill(host.paths.stateDir, 0);
  const acknowledged: string[] = [];
  let refusal: unknown;
  for (let count = 0; count < 600 && refusal === undefined; count++) {
    await put(`full-${count}`, 100_000).then(
      ({ name }) => acknowledged.push(name),
      (error: unknown) => {
        refusal = error;
      },
    );
  }
  await until(
    "the reason",
    async () => {
      const error = await put("refused", 10).then(
        () => undefined,
        (reason: Error) => reason,
      );
      return error && /no space left for .*etcd; free some, and it goes on by itself/.test(error.message)
        ? error
        : undefined;
    },
    60_000,
  );
  await expectNoneFailed(load);
  const [worker] = host.workers("steady");
  await host.kill(worker ? [worker] : []);
  await until("a worker in its place", async () => {
    const now = host.workers("steady").map(({ pid }) => pid);
    return (now.length === 2 && !now.includes(worker?.pid ?? 0)) || undefined;
  });

  await disk.free();
  await until(
    "a write",
    async () =>
      await put("after", 10).then(
        () => true,
        () => undefined,
      ),
    30_000,
  );
  expect(await names()).toEqual(expect.arrayContaining([...acknowledged, "after"]));
  await host.settled("steady", 30_000);
});

test("guard and agent killed where little room is left: up warns of it and brings them back, nothing that runs ends; within 20 s", async () => {
  await expectUntouched(host, "steady", async () => {
    const disk = await fill(host.paths.stateDir, 300 * mebibyte);
    await host.kill([...host.guard(), ...host.agent()]);
    const up = ["constellation-agent", "up", "--json"];
    const said = await host.machine.output(up, { env: host.environment, timeoutMs: 20_000 });
    expect(JSON.parse(said.trim().split("\n").at(-1) ?? "").result.warnings).toContainEqual(
      expect.objectContaining({ id: "disk-space", severity: "warning" }),
    );
    await disk.free();
  });
});

test("a full disk while an image is uploaded: it is refused with the reason, nothing half done stays, and the upload succeeds once there is room; at once", async () => {
  const images = join(host.paths.stateDir, "images");
  const content = randomBytes(20 * mebibyte);
  const digest = `sha256:${createHash("sha256").update(content).digest("hex")}`;
  const upload = () =>
    host.client.putBlob(
      digest,
      (async function* () {
        yield content;
      })(),
      content.length,
    );
  await expectUntouched(host, "steady", async () => {
    const disk = await fill(images, 5 * mebibyte);
    await expect(upload()).rejects.toThrow(/no space left/);
    expect(await host.machine.output(["find", join(images, "temp"), "-mindepth", "1"])).toBe("");
    await disk.free();
    await upload();
  });
  expect(await host.client.missingBlobs([digest])).toEqual([]);
});

test("a full disk while an image is unpacked: the instance says so, nothing half done stays, and it runs once there is room; within 60 s", async () => {
  const images = join(host.paths.stateDir, "images");
  await expectUntouched(host, "steady", async () => {
    const inputs = await host.upload("nginx");
    const disk = await fill(images, mebibyte);
    await host.serve("late", { ...inputs, restart: { delay: "500ms" } });
    await until(
      "the reason",
      async () =>
        (await host.client.listInstances({ service: "late" })).find(({ reason }) =>
          /no space left|disk full/.test(reason),
        ),
      30_000,
    );
    await disk.free();
    await host.settled("late", 60_000);
  });
  expect(await host.machine.output(["find", join(images, "temp"), "-mindepth", "1"])).toBe("");
});

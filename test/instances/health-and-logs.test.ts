import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import type { Instance } from "../../contract/index.ts";
import { startTestHost, type TestHost } from "./host.ts";

jest.setTimeout(60_000);

let host: TestHost;
beforeAll(async () => {
  host = await startTestHost({
    checked: { healthCheck: { command: ["test", "-e", "/tmp/well"], intervalMs: 200 } },
  });
});
afterEach(async () => {
  host.assign([]);
  await host.until("all removed", (all) => all.length === 0, 20_000);
});
afterAll(async () => {
  await host?.machine.stop();
});

const quick = { stopGracePeriod: "100ms" };
const shell = (script: string) => ({ ...quick, command: ["sh", "-c", script] });
const only = (id: string, fits: (instance: Instance) => boolean) => (all: readonly Instance[]) =>
  all.some((instance) => instance.id === id && fits(instance));

describe("health", () => {
  test("http: out of traffic until it answers, and again when it stops to", async () => {
    const id = "http-0-aaaaaa";
    const answer =
      "while [ ! -e /tmp/sick ]; do printf 'HTTP/1.1 204 No Content\\r\\n\\r\\n' | nc -l -p 8080; done; exec sleep 1000";
    const healthCheck = { http: { port: 8080 }, interval: "100ms", timeout: "500ms", retries: 2 };
    host.assign([{ id, inputs: { ...shell(`sleep 0.4; ${answer}`), healthCheck } }]);
    const [late] = await host.until(
      "not healthy yet",
      only(id, ({ state, reason }) => state === "running" && reason.startsWith("GET")),
    );
    expect(late).toMatchObject({ healthy: false, reason: "GET :8080/ was refused: nothing listens there" });
    await host.until(
      "healthy",
      only(id, ({ healthy }) => healthy),
    );
    await host.exec(id, { command: ["touch", "/tmp/sick"] });
    const [sick] = await host.until(
      "unhealthy",
      only(id, ({ healthy }) => !healthy),
    );
    expect(sick).toMatchObject({ state: "running", restarts: 0 });
  });

  test("exec, from the image where the user gives none", async () => {
    const id = "image-1-aaaaaa";
    host.assign([{ id, imageDigest: "checked", inputs: shell("exec sleep 1000") }]);
    const [sick] = await host.until(
      "unhealthy",
      only(id, ({ reason }) => reason === "command test exited with code 1"),
    );
    expect(sick?.healthy).toBe(false);
    await host.exec(id, { command: ["touch", "/tmp/well"] });
    await host.until(
      "healthy",
      only(id, ({ healthy }) => healthy),
    );
  });

  test("exec that hangs is killed at its timeout", async () => {
    const id = "hang-2-aaaaaa";
    const healthCheck = { exec: { command: ["sleep", "888"] }, timeout: "100ms", retries: 1, interval: "5s" };
    host.assign([{ id, inputs: { ...shell("exec sleep 1000"), healthCheck } }]);
    await host.until(
      "unhealthy",
      only(id, ({ reason }) => reason === "command sleep took longer than 100 ms"),
    );
    const left = () => host.machine.processes().filter((one) => JSON.stringify(one).includes("888"));
    for (const deadline = Date.now() + 2_000; left().length > 0 && Date.now() < deadline; ) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(left().length).toBeLessThan(2); // The next probe may have begun.
  });

  test("liveness: a process that answers no more is stopped and starts again", async () => {
    const id = "stuck-3-aaaaaa";
    const liveness = { exec: { command: ["test", "!", "-e", "/tmp/stuck"] }, interval: "100ms", retries: 2 };
    host.assign([
      {
        id,
        inputs: { ...shell("rm -f /tmp/stuck; exec sleep 1000"), liveness, restart: { delay: "100ms" } },
      },
    ]);
    const [first] = await host.until(
      "healthy",
      only(id, ({ healthy }) => healthy),
    );
    await host.exec(id, { command: ["touch", "/tmp/stuck"] });
    const [again] = await host.until(
      "again",
      only(id, ({ restarts, healthy }) => restarts === 1 && healthy),
    );
    expect(again?.pid).not.toBe(first?.pid);
    const reasons = host.reports
      .flat()
      .filter((one) => one.id === id)
      .map(({ reason }) => reason);
    expect(reasons).toContain("liveness failed: command test exited with code 1");
  });
});

describe("logs", () => {
  test("are rotated, followed over rotation and read back whole", async () => {
    const id = "chatty-0-aaaaaa";
    const script =
      "i=0; while [ $i -lt 400 ]; do echo line $i 0123456789012345678901234567890123456789; i=$((i+1)); usleep 10000; done; exec sleep 1000";
    host.assign([{ id, inputs: { ...shell(script), logging: { maxSize: "16Ki", maxFiles: 3 } } }]);
    await host.until(
      "running",
      only(id, ({ state }) => state === "running"),
    );
    const followed = (await host.logs(id, { follow: true }, 7_000)).map(({ text }) => text.split(" ")[1]);
    expect(followed).toEqual(Array.from({ length: 400 }, (_, index) => String(index)));
    const folder = join(host.root, "lib/instances", id);
    const files = readdirSync(folder).filter((name) => name.startsWith("log"));
    const inodes = new Set(files.map((name) => statSync(join(folder, name)).ino));
    expect(inodes.size).toBeGreaterThan(1);
    expect(inodes.size).toBeLessThanOrEqual(3);
    expect((await host.logs(id, { follow: false, tail: 3 })).map(({ text }) => text.slice(0, 8))).toEqual([
      "line 397",
      "line 398",
      "line 399",
    ]);
  });

  test("keep long lines whole, tell the streams apart, start where asked", async () => {
    const id = "long-1-aaaaaa";
    host.assign([
      {
        id,
        inputs: shell("printf '%020000d\\n' 7; echo problem >&2; sleep 0.3; echo late; exec sleep 1000"),
      },
    ]);
    await host.until(
      "healthy",
      only(id, ({ healthy }) => healthy),
    );
    await host.logs(id, { follow: true }, 600);
    const lines = await host.logs(id);
    expect(lines.map(({ stream, text }) => [stream, text.length])).toEqual(
      expect.arrayContaining([
        ["stdout", 20_000],
        ["stderr", 7],
        ["stdout", 4],
      ]),
    );
    const late = lines.find(({ text }) => text === "late");
    expect((await host.logs(id, { follow: false, since: late?.at })).map(({ text }) => text)).toEqual([
      "late",
    ]);
    expect((await host.logs(id, { follow: false, tail: 1 })).map(({ text }) => text)).toEqual(["late"]);
  });

  test("are nowhere where nobody wants them", async () => {
    const id = "mute-2-aaaaaa";
    host.assign([{ id, inputs: { ...shell("echo secret; exec sleep 1000"), logging: { driver: "none" } } }]);
    await host.until(
      "healthy",
      only(id, ({ healthy }) => healthy),
    );
    expect(await host.logs(id)).toEqual([]);
    expect(readdirSync(join(host.root, "lib/instances", id))).not.toContain("log");
  });
});

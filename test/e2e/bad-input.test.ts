import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { Instance } from "../../contract/index.ts";
import { imageOf, layoutFiles, tarOf, writeFiles } from "../images/archive.ts";
import { addStack, image, type ResourceSpec, type Stack, startStack } from "./stack.ts";
import { local, script, web } from "./web.ts";

let stack: Stack & AsyncDisposable;
let kept: Instance[];

/** What runs all the time, beside one more resource. */
const beside = (resources: Record<string, ResourceSpec> = {}) => ({
  resources: { local, web: web(), ...resources },
});
const instancesOf = async (service: string) => await stack.client().listInstances({ service });

beforeAll(async () => {
  stack = await startStack("bad");
  await stack.write(beside());
  await stack.up();
  kept = await instancesOf("web");
});
afterEach(async () => {
  expect(await instancesOf("web")).toEqual(kept);
});
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
});

describe("mistakes in the program", () => {
  test("five mistakes are five messages with their paths, and nothing is touched", async () => {
    await stack.write({
      resources: {
        local,
        web: web({
          replicas: -1,
          stopGracePeriod: "soon",
          resources: { memory: "lots" },
          ports: [{ port: 80, publish: 99_999 }],
          healthCheck: { http: { path: "/", port: 80 }, tcp: { port: 80 } },
        }),
      },
    });
    for (const preview of [true, false]) {
      const said = await stack.failingUp({ preview });
      expect(said).toContain("replicas: must be at least 0, not -1");
      expect(said).toMatch(/stopGracePeriod: .*"soon"/);
      expect(said).toMatch(/resources\.memory: .*"lots"/);
      expect(said).toContain("ports[0].publish: must be at most 65535, not 99999");
      expect(said).toContain("healthCheck: needs exactly one of http, tcp, exec");
    }
  });

  test("a misspelt field is named with the nearest right one", async () => {
    const using = (misspelt: string) => `
      import * as constellation from "@constellation/pulumi";
      const { access } = new constellation.Cluster("local");
      new constellation.Service("more", { cluster: access, image: ${JSON.stringify(image("busybox"))}, ${misspelt} });
    `;
    await stack.writeScript(using("healthCheck: { htpp: { port: 8000 }, tcp: { port: 8000 } }"));
    expect(await stack.failingUp()).toContain('healthCheck.htpp: no such field; did you mean "http"?');
    await stack.writeScript(using("ports: [{ port: 8000, publsh: 8088 }]"));
    expect(await stack.failingUp()).toContain('ports[0].publsh: no such field; did you mean "publish"?');
    expect(await instancesOf("more")).toEqual([]);
  });

  test("a misspelt field of a YAML program is named too", async () => {
    await stack.write(beside({ more: web({ replcias: 2 }) }));
    expect(await stack.failingUp()).toMatch(/replcias/);
    await stack.write(beside());
    await stack.up();
  });
});

describe("images", () => {
  test.each([
    [
      "a layout that is not there",
      "oci:nowhere:busybox",
      /image: .*nowhere.* does not exist; build the image or check the path/,
    ],
    [
      "a tag that is not there",
      image("busybox").replace(/busybox$/, "bsybox"),
      /image: .*no tag bsybox; tags there: busybox/,
    ],
    [
      "a scheme",
      "https://docker.io/library/nginx:1.27",
      /image: .*https:\/\/ is not part of a reference; write docker\.io\/library\/nginx:1\.27/,
    ],
  ])("%s is refused with what to do", async (_, name, message) => {
    await stack.write(beside({ more: web({ image: name }) }));
    expect(await stack.failingUp({ preview: true })).toMatch(message);
    expect(await instancesOf("more")).toEqual([]);
  });

  test("a layer that climbs out is refused by the entry's name, and writes nothing", async () => {
    const layer = await tarOf([{ name: "../../etc/passwd-from-image", content: "root::0:0::/:/bin/sh\n" }]);
    await writeFiles(join(stack.folder, "evil"), layoutFiles([{ name: "evil", image: imageOf([layer]) }]));
    await stack.write(beside({ more: script("sleep 1000", { image: "oci:evil:evil" }) }));
    expect(await stack.failingUp()).toMatch(/\.\.\/\.\.\/etc\/passwd-from-image/);
    const found = await stack.run(["find", stack.agentRoot, "/etc", "-name", "passwd-from-image"]);
    expect(found.stdout).toBe("");
    expect(existsSync("/etc/passwd-from-image")).toBe(false);
    await correct();
  });
});

describe("what the machine does not have", () => {
  test("a port held by a foreign process is refused with the process's name", async () => {
    const foreign = await stack.machine.spawn(["busybox", "httpd", "-f", "-p", "8088", "-h", "/etc"]);
    await stack.write(beside({ more: web({ ports: [{ port: 8000, publish: 8088 }] }) }));
    expect(await stack.failingUp({ preview: true })).toMatch(/8088.*busybox/);
    foreign.kill();
    await foreign.exited;
    await stack.up();
    expect(await instancesOf("more")).toMatchObject([{ healthy: true }]);
  });

  test("a port of another service is refused with the service's name", async () => {
    await stack.write(
      beside({
        more: web({ ports: [{ port: 8000, publish: 8088 }] }),
        late: web({ ports: [{ port: 8000, publish: 8088 }] }),
      }),
    );
    expect(await stack.failingUp()).toMatch(/8088.*default\/more/);
    expect(await instancesOf("late")).toEqual([]);
    await correct();
  });

  test("more memory than the machine has is refused with what there is", async () => {
    await correct();
    const before = await instancesOf("more");
    await stack.write(beside({ more: web({ resources: { memory: "4Ti" } }) }));
    expect(await stack.failingUp({ preview: true })).toMatch(
      /lacks 4Ti of memory \(.*free\); lower resources\.memory/,
    );
    expect(await instancesOf("more")).toEqual(before);
    await correct();
  });
});

describe("containers that do not run", () => {
  test("a command that does not exist fails soon, by its name", async () => {
    await stack.write(beside({ more: script("", { command: ["/bin/no-such-thing"] }) }));
    expect(await stack.failingUp()).toMatch(/more-0.*no-such-thing.*(not found|no such file)/is);
    await correct();
  });

  test("one that exits at once fails with its last output", async () => {
    await stack.write(
      beside({ more: script("echo cannot find my settings; exit 3", { restart: { delay: "200ms" } }) }),
    );
    const said = await stack.failingUp();
    expect(said).toMatch(/more-0: .*exited with code 3/);
    expect(said).toContain("cannot find my settings");
    await correct();
  });

  test("one that never becomes healthy fails at update.deadline", async () => {
    const healthCheck = { http: { path: "/nothing", port: 8000 } };
    await stack.write(beside({ more: web({ healthCheck, update: { deadline: "2s" } }) }));
    const said = await stack.failingUp();
    expect(said).toMatch(/default\/more: not healthy within update\.deadline/);
    expect(said).toMatch(/404/);
    await correct();
  });
});

test("a name of another stack is refused with its owner", async () => {
  const other = await addStack(stack.machine, "other");
  const { cluster, ...properties } = web({ replicas: 2 }).properties ?? {};
  expect(cluster).toBeDefined();
  await other.write({ resources: { web: { type: "constellation:Service", properties } } });
  expect(await other.failingUp({ preview: true })).toMatch(
    /web exists, created by pulumi urn:pulumi:test::bad::.* on .*; import it or choose another name/,
  );
  await other.write({ resources: { web2: { type: "constellation:Service", properties } } });
  await other.up();
  expect(await instancesOf("web2")).toHaveLength(2);
  await other.destroy();
});

/** Writes the second service as it should have been: the failed `up` is no obstacle. */
async function correct(): Promise<void> {
  await stack.write(beside({ more: web() }));
  await stack.up();
  expect(await instancesOf("more")).toMatchObject([{ state: "running", healthy: true }]);
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { capabilityNames } from "../../contract/index.ts";
import { image, type ResourceSpec, type Stack, startStack } from "../e2e/stack.ts";
import { local, script } from "../e2e/web.ts";
import { follow, readSections } from "./follow.ts";

let stack: Stack & AsyncDisposable;

beforeAll(async () => {
  stack = await startStack("security");
  await stack.machine.output(["sh", "-ec", uplink]);
  const db: ResourceSpec = {
    type: "constellation:Secret",
    properties: { cluster: "${local.access}", value: { "fn::secret": "correct horse" } },
  };
  const secrets = [
    { secret: "db", env: "PASSWORD" },
    { secret: "db", target: "/run/secrets/db" },
  ];
  const app = {
    ...script("exec sleep 100000", { image: image("busybox"), secrets }),
    options: { dependsOn: ["${db}"] },
  };
  await stack.write({ resources: { local, db, app } });
  await stack.up();
});
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
});

/** A way out, as every machine of a cloud has one. */
const uplink = `
  ip link add up0 type veth peer name up1
  ip addr add 192.0.2.1/24 dev up0 && ip link set up0 up && ip link set up1 up
  ip route add default via 192.0.2.2`;

describe("docs/guides/security.md", () => {
  test.each(readSections("security"))("$title", async ({ steps }) => {
    await follow(stack.machine, steps, { cwd: stack.folder, env: stack.environment, timeoutMs: 100_000 });
  });

  test("names the capabilities that a container has", async () => {
    const guide = readFileSync(join(import.meta.dirname, "../../docs/guides/security.md"), "utf8");
    const named = /^These are (.*?): what Docker gives/ms.exec(guide)?.[1]?.match(/[A-Z_]+/g);
    const mask = (
      await stack.run(["constellation", "exec", "app", "--", "grep", "CapEff", "/proc/self/status"])
    ).stdout;
    const held = BigInt(`0x${mask.trim().split(/\s+/)[1]}`);
    expect(named).toEqual(capabilityNames.filter((_, bit) => (held >> BigInt(bit)) & 1n).toSorted());
  });
});

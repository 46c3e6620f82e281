import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Stack, startStack } from "./stack.ts";
import { local, web } from "./web.ts";

let stack: Stack & AsyncDisposable;
let otherRoot: string;

beforeAll(async () => {
  stack = await startStack("pair");
  otherRoot = join(stack.machine.root, "other");
  // As every machine has: what the host asks of an instance comes from here, not from another agent's range.
  const uplink =
    "ip link add uplink type bridge && ip address add 192.0.2.7/24 dev uplink && ip link set uplink up";
  await stack.machine.output(["sh", "-ec", uplink]);
  await stack.write({ resources: { local, web: web() } });
  await stack.up();
});
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
});

const second = (network?: { cidr: string; serviceCidr: string }) => ({
  type: "constellation:Cluster",
  properties: { root: otherRoot, ...(network && { network }) },
});
const otherWeb = web({ cluster: "${second.access}", name: "web", ports: [{ port: 80, targetPort: 8000 }] });

test("a second agent is told that the first has the usual ranges", async () => {
  await stack.write({ resources: { local, web: web(), second: second() } });
  const said = await stack.failingUp({ preview: true });
  expect(said).toMatch(/another agent \(.*\/run\) has the address 10\.64\.0\.1.*`network\.serviceCidr`/);
  expect(said).toMatch(/network\.cidr 10\.64\.0\.0\/12 overlaps 10\.64\.0\.1/);
});

test("with ranges of its own, each serves its own service of the same name", async () => {
  const network = { cidr: "10.80.0.0/12", serviceCidr: "10.96.0.0/16" };
  await stack.write({ resources: { local, web: web(), second: second(network), "other-web": otherWeb } });
  await stack.up();
  const inside = async (root: string, url: string) =>
    (await stack.run(["constellation", "--root", root, "exec", "web-0", "--", "wget", "-qO-", url])).stdout;
  expect(await inside(stack.agentRoot, "http://web:8000/hostname")).toBe("web-0\n");
  expect(await inside(otherRoot, "http://web/hostname")).toBe("web-0\n");
  expect(await inside(stack.agentRoot, "http://web:8000/hosts")).toMatch(/^10\.64\.\S+\s+web-0/m);
  expect(await inside(otherRoot, "http://web/hosts")).toMatch(/^10\.80\.\S+\s+web-0/m);
  expect(await stack.preview()).toEqual([]);
});

test("the second one goes without a trace of it, and without harm to the first", async () => {
  await stack.write({ resources: { local, web: web() } });
  await stack.up();
  expect((await stack.run(["constellation-agent", "traces", "--root", otherRoot])).stdout).toBe("");
  expect(
    (await stack.run(["constellation", "exec", "web-0", "--", "wget", "-qO-", "http://web:8000/hostname"]))
      .stdout,
  ).toBe("web-0\n");
});

import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { openLocalImage } from "../../contract/index.ts";
import { type Machine, startMachine } from "../lab/index.ts";
import { outputsOf, pattern, sessionOf, stepsOf } from "./guide.ts";

const clone = join(import.meta.dirname, "..", "..");
const steps = stepsOf(readFileSync(join(clone, "docs", "guides", "api.md"), "utf8"));
let machine: Machine;
beforeAll(async () => {
  machine = await startMachine();
});
afterAll(() => machine.stop());

test("every block of the API's guide does what it says", async () => {
  const images = join(clone, ".images");
  const image = await openLocalImage({ kind: "oci", path: images, tag: "busybox" }, clone);
  const env = {
    PATH: `${clone}/dist/bin:${clone}/dist/tools:${process.env.PATH}`,
    CONSTELLATION_ROOT: join(machine.root, "c"),
    images,
    imageDigest: image.digest,
  };
  symlinkSync(join(clone, "node_modules"), join(machine.root, "node_modules"));
  await machine.output(["constellation-agent", "up"], { env });
  const done = await machine.run(["bash", "-c", sessionOf(steps)], { env, timeoutMs: 60_000 });
  const outputs = outputsOf(done.stdout);
  for (const [at, { script, output }] of steps.entries()) {
    if (at >= outputs.length)
      throw new Error(`${script}\nfailed: ${done.stderr}\n${done.stdout.slice(-2_000)}`);
    if (output !== undefined) expect((outputs[at] ?? "").trim()).toMatch(pattern(output));
  }
  expect(done).toMatchObject({ code: 0, stderr: "" });
});

import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, test } from "@jest/globals";
import { openLocalImage } from "../../contract/index.ts";
import { type Machine, startMachine } from "../lab/index.ts";
import { follow, readSections } from "./follow.ts";

const clone = join(import.meta.dirname, "..", "..");
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
  const steps = readSections("api").flatMap((section) => section.steps);
  await follow(machine, steps, { env, timeoutMs: 60_000 });
});

import { test } from "@jest/globals";
import { followOnLab } from "./lab-example.ts";

test("examples/three-hosts/README.md: three bare machines, a service on them, and one that fails", async () => {
  await followOnLab("three-hosts");
}, 300_000);

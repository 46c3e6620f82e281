import { test } from "@jest/globals";
import { followOnLab } from "./lab-example.ts";

test("examples/edge/README.md: shops that only dial out, one that is cut off, and is back with what it ran", async () => {
  await followOnLab("edge");
}, 300_000);

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { openKit } from "../../provider/kit/index.ts";
import { buildKit, ensureKit } from "../../tools/kit/index.ts";
import { thisArch } from "../../tools/kit/platform.ts";

test("a kit that is built again is the same", async () => {
  await ensureKit(thisArch);
  const { digest } = await openKit(thisArch);
  const out = mkdtempSync(join(tmpdir(), "constellation-kits-"));
  try {
    const again = await buildKit(thisArch, { out });
    expect(again.digest).toBe(digest);
    expect((await openKit(thisArch, out)).manifest).toEqual(again.manifest);
  } finally {
    rmSync(out, { recursive: true });
  }
}, 600_000);

test("a kit that was not built is asked for by the command that builds it", async () => {
  await expect(openKit("arm64", "/nonexistent")).rejects.toMatchObject({
    code: "host-unfit",
    message: expect.stringContaining("npm run kit -- --arch arm64"),
  });
});

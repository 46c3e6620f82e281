import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Instance, limits } from "../../contract/index.ts";
import { chunked } from "./report.ts";
import type { Observation } from "./types.ts";

const host = { name: "vm" } as Observation["host"];
const instance = (index: number, reason = "running"): Instance => ({
  id: `web-${index}-abcdef`,
  namespace: "shop",
  service: "web",
  serviceUid: "00000000-0000-0000-0000-000000000000",
  name: `web-${index}`,
  index,
  host: "vm",
  address: "10.64.0.2",
  revision: 1,
  state: "running",
  healthy: true,
  reason,
  restarts: 0,
  image: "oci:web",
  since: "2026-01-01T00:00:00.000Z",
});

test("every instance is in exactly one key, each within its bound; a transition changes one key", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 700 }), fc.nat(), (count, pick) => {
      const all = Array.from({ length: count }, (_, index) => instance(index));
      const chunks = chunked([], host, all);
      expect(chunks.flatMap(({ instances }) => instances)).toEqual(all);
      for (const chunk of chunks) expect(JSON.stringify(chunk).length).toBeLessThan(limits.recordBytes);
      const changed = all.map((one, index) =>
        index === pick % count ? instance(index, "exited with code 1") : one,
      );
      const after = chunked(chunks, host, changed);
      expect(after.filter((chunk, at) => JSON.stringify(chunk) !== JSON.stringify(chunks[at]))).toHaveLength(
        1,
      );
      expect(chunked(chunks, host, []).every(({ instances }) => instances.length === 0)).toBe(true);
    }),
    { numRuns: 20 },
  );
});

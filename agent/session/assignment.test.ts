import { randomBytes } from "node:crypto";
import { expect, test } from "@jest/globals";
import { createSealer, openWritten, sealInputs } from "../secrets/index.ts";
import { type Family, keys, type Store } from "../store/index.ts";
import { createAssignments } from "./assignments.ts";

const sealer = createSealer({ sealing: randomBytes(32), digest: randomBytes(32) });
const stranger = createSealer({ sealing: randomBytes(32), digest: randomBytes(32) });
const owner = { engine: "cli", id: "tester" };
const at = "2026-01-01T00:00:00.000Z";

/** What a client wrote, as the store holds it. */
function sealedBy(by: typeof sealer, inputs: Record<string, unknown>) {
  const { inputs: opened, secretPaths } = openWritten(inputs, undefined, by);
  return sealInputs(opened, secretPaths, undefined, by);
}

const secret = (value: string) => ({ $secret: { value } });
const placed = (service: string) => ({
  ...{
    id: `${service}-0-1`,
    namespace: "shop",
    service,
    serviceUid: service,
    name: `${service}-0`,
    index: 0,
  },
  ...{ revision: 1, address: "10.64.0.9", want: "run", reason: "wanted", at },
});
const document = (kind: string, name: string, inputs: object) => ({
  ...{ kind, namespace: "shop", name, uid: name, revision: 1, owner, createdAt: at, updatedAt: at, by: "me" },
  ...{ inputs, outputs: {} },
});
const spec = (service: string, inputs: object) => ({
  ...{ uid: service, revision: 1, namespace: "shop", service, identity: "", inputs, imageDigest: "", at },
  minHealthyTimeMs: 500,
});

function storeOf(records: Readonly<Record<string, unknown>>): Store {
  const found = (key: string) => ({ key, record: records[key], modRevision: 1 }) as never;
  return {
    revision: () => 1,
    confirm: async () => {},
    get: (_family: Family, key: string) => (key in records ? found(key) : undefined),
    unreadable: () => [],
    subscribe: () => () => undefined,
    list: (family: Family, prefix = family.prefix) =>
      Object.keys(records)
        .filter((key) => key.startsWith(prefix))
        .map(found),
  } as unknown as Store;
}

test("a secret that cannot be opened keeps back its own instances, with the reason", () => {
  const network = { cidr: "10.64.0.0/12", serviceCidr: "240.0.0.0/4", domain: "internal" };
  const uses = (name: string) => ({ secrets: [{ secret: name, env: "TOKEN" }] });
  const store = storeOf({
    [keys.cluster]: { name: "home", network },
    [keys.host("a")]: { name: "a", role: "server", cidr: "10.64.0.0/22", addedAt: at },
    [keys.placement("a", 0)]: { placements: [placed("good"), placed("bad")] },
    [keys.spec("good", 1)]: spec("good", sealedBy(sealer, { ...uses("mine"), env: { A: secret("a") } })),
    [keys.spec("bad", 1)]: spec("bad", sealedBy(stranger, { ...uses("lost"), env: { B: secret("b") } })),
    [keys.desired("shop", "Secret", "mine")]: document(
      "Secret",
      "mine",
      sealedBy(sealer, { value: secret("v") }),
    ),
    [keys.desired("shop", "Secret", "lost")]: document(
      "Secret",
      "lost",
      sealedBy(stranger, { value: secret("w") }),
    ),
  });
  const assignment = createAssignments(store, sealer).of("a");
  expect(assignment?.placements).toHaveLength(2);
  expect(assignment?.specs["good/1"]?.inputs).toEqual({ ...uses("mine"), env: { A: "a" } });
  expect(assignment?.specs["good/1"]?.unreadable).toBeUndefined();
  expect(assignment?.specs["bad/1"]?.unreadable).toMatch("restore secrets.key");
  expect(JSON.stringify(assignment?.specs["bad/1"])).not.toContain('sealed":');
  expect(assignment?.secrets).toEqual({
    "shop/mine": { value: "v" },
    "shop/lost": { unreadable: expect.stringMatching("restore secrets.key") },
  });
});

test("peers are the other hosts that have an address", () => {
  const host = (name: string, position: number, address?: string) => ({
    [keys.host(name)]: { name, role: "host", cidr: `10.64.${4 * position}.0/22`, addedAt: at, address },
  });
  const store = storeOf({
    [keys.cluster]: { name: "home", network: { mode: "direct" } },
    ...host("c", 2, "192.0.2.3"),
    ...host("a", 0, "192.0.2.1"),
    ...host("b", 1, "192.0.2.2"),
    ...host("d", 3),
  });
  expect(createAssignments(store, sealer).of("a")?.peers).toEqual([
    { name: "b", address: "192.0.2.2", cidr: "10.64.4.0/22" },
    { name: "c", address: "192.0.2.3", cidr: "10.64.8.0/22" },
  ]);
});

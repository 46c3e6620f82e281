import { describe, expect, test } from "@jest/globals";
import { decodeContent, encodeContent, isKept } from "./content.ts";
import { refusal } from "./decide.ts";
import { openBackup, sealBackup } from "./envelope.ts";

const about = {
  takenAt: "2026-01-01T00:00:00.000Z",
  agentVersion: "0.1.0",
  clusterId: "id-1",
  clusterName: "local",
  host: "vm",
};
const passphrase = "correct horse";

describe("the file", () => {
  test("gives back what it was made of, to whoever knows the passphrase alone", async () => {
    const file = await sealBackup(Buffer.from("hush-hush"), about, passphrase);
    const opened = await openBackup(file, passphrase);
    expect(opened).toEqual({ about, content: Buffer.from("hush-hush") });
    expect(file.toString("latin1")).not.toContain("hush");
    await expect(openBackup(file, "correct horsf")).rejects.toThrow("the passphrase is another one");
  });

  test("is refused where a single byte of it is another one, or missing", async () => {
    const file = await sealBackup(Buffer.from("content"), about, passphrase);
    const headEnd = file.indexOf("\n", 30);
    const name = file.indexOf('"local"');
    for (const at of [name + 1, file.length - 1]) {
      const changed = Buffer.from(file);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await expect(openBackup(changed, passphrase)).rejects.toMatchObject({ code: "invalid" });
    }
    for (const length of [0, 10, headEnd, file.length - 1])
      await expect(openBackup(file.subarray(0, length), passphrase)).rejects.toMatchObject({
        code: "invalid",
      });
  });

  test("of a newer version says so, and a head cannot ask for more memory than there is", async () => {
    const text = (await sealBackup(Buffer.from("x"), about, passphrase)).toString("latin1");
    const edited = (from: string, to: string) => Buffer.from(text.replace(from, to), "latin1");
    await expect(openBackup(edited('"version":1', '"version":2'), passphrase)).rejects.toThrow("upgrade");
    await expect(openBackup(edited('"logN":17,"r":8', '"logN":22,"r":32'), passphrase)).rejects.toThrow(
      "damaged",
    );
  });
});

describe("its content", () => {
  const files = [
    { name: "secrets.key" as const, base64: "AAAA" },
    { name: "host-name" as const, base64: "dm0K" },
  ];
  const records = [{ key: "cluster", value: "{}" }];

  test("holds what the store held, but for what hosts report", () => {
    const content = { storeRevision: 7, files, records };
    expect(decodeContent(encodeContent(content), () => undefined)).toEqual({ version: 1, ...content });
    expect(["desired/a/Service/web", "placement/vm", "later/x"].every(isKept)).toBe(true);
    expect(["observed/vm.1", "leader/epoch"].some(isKept)).toBe(false);
  });

  test("is refused without the key, or with a record that this agent cannot read", () => {
    const lacking = encodeContent({ storeRevision: 7, files: files.slice(1), records });
    expect(() => decodeContent(lacking, () => undefined)).toThrow("it lacks secrets.key");
    const check = () => {
      throw new Error("read cluster: stored in version 2");
    };
    expect(() => decodeContent(encodeContent({ storeRevision: 7, files, records }), check)).toThrow(
      "stored in version 2",
    );
  });
});

test.each([
  [{ kind: "empty" } as const, undefined],
  [{ kind: "silent", folder: "/x/etcd" } as const, /does not answer.*constellation-agent up.*--force/],
  [{ kind: "cluster", id: "id-1", name: "local", documents: 1 } as const, /1 document;.*back to 2026-01-01/],
  [
    { kind: "cluster", id: "id-2", name: "other", documents: 3 } as const,
    /another.*3 documents.*all of it is lost/,
  ],
])("%j: %s", (target, said) => {
  const reason = refusal(target, about);
  if (said === undefined) expect(reason).toBeUndefined();
  else expect(reason).toMatch(said);
});

import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  type Authority,
  fingerprintOf,
  identityFiles,
  isDueForRenewal,
  judge,
  lifetimes,
  makeKey,
  openAuthority,
  requestCertificate,
  type Subject,
} from "./index.ts";

const [clusterId, now] = ["5f1d0c9e-0000-4000-8000-000000000001", new Date("2026-11-23T12:00:00Z")];
const later = (ms: number) => new Date(now.getTime() + ms);
const subject = { host: "worker-1", role: "host", addresses: [] } as const;
let [folder, key] = ["", ""];
let authority: Authority;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "cst-"));
  key = makeKey();
  authority = await openAuthority(folder, clusterId, now);
});
afterAll(() => rmSync(folder, { recursive: true }));

const signed = async (by: Authority, whom: Subject, claimed = whom.host) =>
  await by.issue(await by.keyOf(await requestCertificate(key, claimed)), whom, now);
const issued = async () => (await signed(authority, subject, "anything")).certificate;

test("the CA is made once, and its key is root's alone", async () => {
  const again = await openAuthority(folder, clusterId, later(1_000));
  expect(again.certificate).toBe(authority.certificate);
  expect(fingerprintOf(authority.certificate)).toMatch(/^[0-9a-f]{64}$/);
  expect(statSync(join(folder, identityFiles.authorityKey)).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, "identity")).mode & 0o777).toBe(0o700);
});

describe("a certificate", () => {
  test("names the host that the servers say, whatever the request says", async () => {
    const judged = judge(await issued(), authority.certificate, now);
    expect(judged).toMatchObject({ clusterId, host: "worker-1", isServer: false, isExpired: false });
    const own = createPublicKey(createPrivateKey(key)).export({ type: "spki", format: "der" });
    expect("publicKey" in judged && judged.publicKey.equals(own)).toBe(true);
  });

  test("of a server says where it is reached, and that it is one", async () => {
    const server = { host: "s1", role: "server", addresses: ["192.0.2.1"] } as const;
    const { certificate } = await signed(authority, server);
    expect(judge(certificate, authority.certificate, now)).toMatchObject({ host: "s1", isServer: true });
    expect(new X509Certificate(certificate).checkIP("192.0.2.1")).toBe("192.0.2.1");
  });

  test("is renewed for the same key, at half of its life", async () => {
    const judged = judge(await issued(), authority.certificate, now);
    if ("refusal" in judged) throw new Error(judged.refusal);
    expect(isDueForRenewal(judged, later(lifetimes.certificate / 2 - 1_000))).toBe(false);
    expect(isDueForRenewal(judged, later(lifetimes.certificate / 2))).toBe(true);
    const next = await authority.issue(judged.publicKey, subject, later(1_000));
    expect(judge(next.certificate, authority.certificate, now)).toMatchObject({
      ...{ host: "worker-1", serial: next.serial, publicKey: judged.publicKey },
    });
    expect(next.serial).not.toBe(judged.serial);
  });

  test("is known for what it was after its end, for a while", async () => {
    const certificate = await issued();
    const end = lifetimes.certificate;
    expect(judge(certificate, authority.certificate, later(end + 1_000))).toMatchObject({ isExpired: true });
    expect(judge(certificate, authority.certificate, later(end + lifetimes.exchange + 1_000))).toMatchObject({
      refusal: expect.stringContaining("join again"),
    });
    expect(judge(certificate, authority.certificate, later(-2 * lifetimes.backdated))).toMatchObject({
      refusal: expect.stringContaining("clock"),
    });
  });
});

test("another CA with the same names issues nothing of worth", async () => {
  const other = mkdtempSync(join(tmpdir(), "cst-"));
  try {
    const forger = await openAuthority(other, clusterId, now);
    const { certificate } = await signed(forger, subject);
    expect(judge(certificate, authority.certificate, now)).toEqual({
      refusal: "another cluster's CA issued it",
    });
  } finally {
    rmSync(other, { recursive: true });
  }
});

test("a request that proves nothing is refused", async () => {
  const csr = await requestCertificate(key, "worker-1");
  const lines = csr.split("\n");
  const body = Buffer.from(lines.slice(1, -1).join(""), "base64");
  body[body.length - 1] = (body.at(-1) ?? 0) ^ 1;
  const forged = [lines[0], body.toString("base64"), lines.at(-1)].join("\n");
  await expect(authority.keyOf(forged)).rejects.toMatchObject({ code: "invalid" });
  await expect(authority.keyOf("no request")).rejects.toMatchObject({ code: "invalid" });
});

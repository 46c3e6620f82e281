import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import type { RegistryAccess } from "../../agent/images/index.ts";
import { digestOf, mediaTypes, thisPlatform } from "../../contract/index.ts";
import { type LoopbackRegistry, push, startLoopbackRegistry } from "../registry/index.ts";
import { type CraftedImage, imageOf, tarOf } from "./archive.ts";
import { type Certificates, makeCertificates } from "./certificates.ts";
import { openPuller, type Puller, referenceTo } from "./puller.ts";
import { startTokenServer, type TokenServer } from "./token-server.ts";

jest.setTimeout(60_000);

const user = "ada";
const password = "open-sesame";
/** Of the password, as htpasswd writes it. */
const passwordHash = "$2a$04$/h9ZkIcd2tEevyMIKYyrOe/erFJjrwtt8Y5i3EnyyKSZEvQUI1u0W";

let folder: string;
let certificates: Certificates;
let tokens: TokenServer;
let open: LoopbackRegistry;
let basic: LoopbackRegistry;
let token: LoopbackRegistry;
let puller: Puller;
/** An index of two platforms; this one's image has a layer with a file, and an empty one. */
let indexDigest: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "registries-"));
  certificates = await makeCertificates(folder);
  await writeFile(join(folder, "htpasswd"), `${user}:${passwordHash}\n`);
  tokens = await startTokenServer(certificates, user, password);
  const htpasswd = { htpasswd: { realm: "test", path: join(folder, "htpasswd") } };
  const tls = { certificate: certificates.certificateFile, key: certificates.keyFile };
  open = await startLoopbackRegistry({ folder });
  basic = await startLoopbackRegistry({ folder, tls, auth: htpasswd });
  token = await startLoopbackRegistry({ folder, tls, auth: tokens.auth });
  indexDigest = await pushIndex();
  puller = await openPuller();
});
afterAll(async () => {
  await puller?.close();
  for (const each of [open, basic, token, tokens]) await each?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function pushIndex(): Promise<string> {
  const here = imageOf([await tarOf([{ name: "hello", content: "world" }]), await tarOf([])], {
    compress: (tar) => zstdCompressSync(tar),
  });
  const other = imageOf([await tarOf([{ name: "other", content: "x" }])], { architecture: "s390x" });
  const index = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.index[0],
      manifests: [other.manifest, here.manifest],
    }),
  );
  await push(open.host, "team/app", "1.0", {
    blobs: new Map([...blobsOf(other), ...blobsOf(here)]),
    manifests: new Map([
      ...[other, here].map((image) => [image.digest, manifestOf(image)] as const),
      [digestOf(index), { mediaType: mediaTypes.index[0], bytes: index }],
    ]),
  });
  return digestOf(index);
}

const blobsOf = ({ blobs, digest }: CraftedImage) => [...blobs].filter(([each]) => each !== digest);
const manifestOf = ({ blobs, digest, manifest }: CraftedImage) => ({
  mediaType: manifest.mediaType,
  bytes: blobs.get(digest) as Buffer,
});

const access = (registry: LoopbackRegistry, more: Partial<RegistryAccess> = {}): RegistryAccess => ({
  registries: { [registry.host]: { caCertificate: certificates.ca } },
  credentials: { [registry.host]: { username: user, password } },
  ...more,
});
const app = (registry: LoopbackRegistry) => referenceTo(`${registry.host}/team/app:1.0`);

describe.each([
  ["basic", () => basic],
  ["token", () => token],
])("a docker-registry with TLS and %s authentication", (_, registry) => {
  test("names the index by its tag, and brings this platform's image, which runs", async () => {
    await puller.close();
    puller = await openPuller();
    const digest = await puller.images.locate(app(registry()), access(registry()));
    expect(digest).toBe(indexDigest);
    const progress: { done: number; total: number }[] = [];
    expect(await puller.images.hasImage(digest)).toBe(false);
    await puller.images.pull(app(registry()), digest, access(registry()), {
      onProgress: (it) => progress.push(it),
    });
    expect(await puller.images.hasImage(digest)).toBe(true);
    expect(progress.at(-1)?.done).toBe(progress.at(-1)?.total);
    const layers = await puller.images.unpack(digest);
    expect(await readFile(join(layers[1] as string, "hello"), "utf8")).toBe("world");
    expect((await puller.images.resolve(digest)).platform).toMatchObject(thisPlatform());
  });

  test("refuses a wrong password, none, and what is not there", async () => {
    const reference = app(registry());
    for (const credentials of [{ [registry().host]: { username: user, password: "wrong-word" } }, {}]) {
      await expect(
        puller.images.locate(reference, access(registry(), { credentials })),
      ).rejects.toMatchObject({
        code: "image-denied",
        message: expect.stringMatching(
          `^find image ${registry().host}/team/app:1.0: ${registry().host}: access denied`,
        ),
      });
    }
    await expect(
      puller.images.locate({ ...reference, tag: "none" }, access(registry())),
    ).rejects.toMatchObject({ code: "image-missing" });
  });

  test("is who its certificate says, or is not spoken to", async () => {
    await expect(
      puller.images.locate(app(registry()), access(registry(), { registries: {} })),
    ).rejects.toMatchObject({
      code: "image-unreachable",
      message: expect.stringContaining("signed by an unknown authority"),
    });
  });

  test("takes the host's own login, in the form that docker and podman write", async () => {
    const auth = Buffer.from(`${user}:${password}`).toString("base64");
    await writeFile(puller.authFile, JSON.stringify({ auths: { [registry().host]: { auth } } }), {
      mode: 0o600,
    });
    expect(await puller.images.locate(app(registry()), access(registry(), { credentials: {} }))).toBe(
      indexDigest,
    );
  });
});

test("no TLS where it is expected, and none where it is: no silent fallback, also on loopback", async () => {
  await expect(puller.images.locate(app(open), access(open))).rejects.toMatchObject({
    code: "image-unreachable",
    message: expect.stringContaining("does not speak TLS; ask for plain HTTP if that is meant"),
  });
  const plain = { registries: { [open.host]: { plainHttp: true } }, credentials: {} };
  expect(await puller.images.locate(app(open), plain)).toBe(indexDigest);
});

test("mirrors are asked first, each with its own settings; what one lacks, the registry has", async () => {
  const registries = {
    "registry.invalid": { mirrors: ["127.0.0.1:1", open.host, basic.host] },
    [open.host]: { plainHttp: true },
    [basic.host]: { caCertificate: certificates.ca },
  };
  const credentials = { [basic.host]: { username: user, password } };
  const reference = referenceTo("registry.invalid/team/app:1.0");
  expect(await puller.images.locate(reference, { registries, credentials })).toBe(indexDigest);
  await expect(
    puller.images.locate({ ...reference, tag: "none" }, { registries, credentials }),
  ).rejects.toMatchObject({
    code: "image-unreachable",
    message: expect.stringMatching(
      `^find image registry.invalid/team/app:none: registry.invalid: .*\\(mirror 127.0.0.1:1: .*; mirror ${open.host}: not found`,
    ),
  });
});

test("an image that is built for other platforms is refused by their names", async () => {
  const other = imageOf([await tarOf([])], { architecture: "s390x" });
  const manifests = [
    other.manifest,
    { ...other.manifest, platform: { os: "linux", architecture: "arm", variant: "v7" } },
  ];
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index[0], manifests }));
  await push(open.host, "team/other", "1", {
    blobs: new Map(blobsOf(other)),
    manifests: new Map([
      [other.digest, manifestOf(other)],
      [digestOf(bytes), { mediaType: mediaTypes.index[0], bytes }],
    ]),
  });
  const plain = { registries: { [open.host]: { plainHttp: true } }, credentials: {} };
  await expect(
    puller.images.pull(referenceTo(`${open.host}/team/other:1`), digestOf(bytes), plain),
  ).rejects.toMatchObject({
    code: "image-invalid",
    message: expect.stringContaining("only for linux/arm/v7, linux/s390x"),
  });
});

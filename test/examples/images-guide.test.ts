import { readFileSync } from "node:fs";
import { copyFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Stack, startStack } from "../e2e/stack.ts";
import { follow } from "../guides/follow.ts";
import { stepsOf } from "../guides/steps.ts";
import { makeCertificates } from "../images/certificates.ts";
import { publish, type RegistryServer, startRegistry, user } from "../registry/index.ts";
import { withResources } from "./guide.ts";
import { blocks } from "./markdown.ts";

const clone = join(import.meta.dirname, "..", "..");
const text = readFileSync(join(clone, "docs", "guides", "images.md"), "utf8");
const [opening = "", ...sections] = text.split(/^## /m);
const [program = ""] = blocks(opening, "yaml");

let stack: Stack & AsyncDisposable;
let toolDigest: string;
let tools: RegistryServer;
const environment: Record<string, string> = {};

/** What the guide takes for granted: registries by its names, with its images, all of them on this machine. */
beforeAll(async () => {
  stack = await startStack("images");
  const { machine, folder } = stack;
  await symlink(clone, join(machine.root, "constellation"));
  const addresses = {
    ...{ "mirror.example": "127.0.0.2", "ghcr.io": "127.0.0.3" },
    ...{ "registry.example": "127.0.0.1", "lab.example": "127.0.0.1" },
  };
  const lines = Object.entries(addresses).map(([host, address]) => `${address} ${host}\n`);
  await writeFile(join(machine.root, "hosts"), ["127.0.0.1 localhost\n", ...lines].join(""));
  await machine.output(["mount", "--bind", join(machine.root, "hosts"), "/etc/hosts"]);

  const tlsFor = async (...names: string[]) => {
    const place = join(machine.root, `tls-${names[0]}`);
    await mkdir(place);
    const made = await makeCertificates(
      place,
      names.map((name) => `DNS:${name}`),
    );
    return { ca: made.caFile, tls: { certificate: made.certificateFile, key: made.keyFile } };
  };
  const known = await tlsFor("ghcr.io", "mirror.example");
  const own = await tlsFor("registry.example");
  await copyFile(own.ca, join(folder, "registry-ca.pem"));
  const port = 443;
  const mirror = await startRegistry(machine, { port, address: "127.0.0.2", tls: known.tls });
  const github = await startRegistry(machine, { port, address: "127.0.0.3", tls: known.tls, auth: true });
  const registry = await startRegistry(machine, { port: 5000, tls: own.tls, auth: true });
  tools = await startRegistry(machine, { port: 5001 });
  await publish(mirror, "library/busybox", "1.36");
  await publish(github, "acme/web", "1.4", { build: "web" });
  await publish(registry, "team/api", "2", { build: "api" });
  toolDigest = await publish(tools, "team/tool", "1", { build: "tool" });

  const auth = Buffer.from(`${user.username}:${user.password}`).toString("base64");
  await writeFile(
    join(folder, "auth.json"),
    JSON.stringify({ auths: { "registry.example:5000": { auth } } }),
  );
  Object.assign(environment, stack.environment, { SSL_CERT_FILE: known.ca, TOKEN: user.password });
});
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
});

/** What each section promises beyond what its commands print. */
const promises: Readonly<Record<string, () => Promise<void>>> = {
  "When a tag is looked at again": async () => {
    const before = await digestOf("tool");
    const moved = await publish(tools, "team/tool", "1", { build: "tool 2" });
    const { stdout } = await pulumi("preview", "--diff");
    expect(stdout).toContain(moved);
    expect(stdout).toMatch(/~ 1 to update/);
    await pulumi("up", "--yes", "--skip-preview");
    expect([await digestOf("tool"), await digestOf("fresh"), await digestOf("pinned")]).toEqual([
      before,
      moved,
      before,
    ]);
  },
};

const passed: string[] = [];

describe("docs/guides/images.md", () => {
  test("its program makes a cluster", async () => {
    await write([]);
    await pulumi("config", "set", "--secret", "token", "none yet");
    await pulumi("up", "--yes", "--skip-preview");
  });

  test("shows every field of images", () => {
    const shown = blocks(text, "yaml").join("");
    const fields = ["imageDigest", "pullPolicy", "imageCredentials", "registry", "secret"];
    const ofCluster = ["registries", "mirrors", "plainHttp", "caCertificate", "imageStorage", "maxSize"];
    for (const field of [...fields, ...ofCluster]) expect(shown).toContain(`${field}:`);
  });

  test.each(sections.map((section) => [section.slice(0, section.indexOf("\n")), section]))(
    "%s",
    async (title, section) => {
      // What comes before a section's resources is done before them.
      const [before = "", ...rest] = section.split(/^(?=```yaml$)/m);
      await run(before);
      const resources = blocks(section, "yaml");
      if (resources.length > 0) {
        passed.push(...resources);
        await write(passed);
        await pulumi("up", "--yes", "--skip-preview");
      }
      await run(rest.join(""));
      await promises[title]?.();
    },
  );

  test("a last up changes nothing, and destroy leaves no trace", async () => {
    expect((await pulumi("preview")).stdout).not.toMatch(/to (create|update|delete)/);
    await write([]); // Nothing in the guide orders its services before its cluster.
    await pulumi("up", "--yes", "--skip-preview", "--parallel", "20");
    await pulumi("destroy", "--yes", "--skip-preview");
    expect((await stack.run(["constellation-agent", "traces"])).stdout).toBe("");
  });
});

async function write(entries: readonly string[]): Promise<void> {
  const known = entries.map((entry) => entry.replace(/sha256:0{64}/, toolDigest));
  await writeFile(join(stack.folder, "Pulumi.yaml"), withResources(program, known));
}

const inFolder = () => ({ cwd: stack.folder, env: environment, timeoutMs: 180_000 });

async function run(section: string): Promise<void> {
  const steps = stepsOf(section);
  if (steps.length > 0) await follow(stack.machine, steps, inFolder());
}

async function pulumi(...argv: string[]) {
  const result = await stack.machine.run(["pulumi", ...argv, "--non-interactive"], inFolder());
  if (result.code !== 0) throw new Error(`pulumi ${argv.join(" ")}:\n${result.stdout}\n${result.stderr}`);
  return result;
}

async function digestOf(name: string): Promise<unknown> {
  const address = { namespace: "default", plural: "services", name };
  return (await stack.client().getDocument(address))?.outputs.imageDigest;
}

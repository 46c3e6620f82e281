import { X509Certificate } from "node:crypto";
import * as z from "zod";
import { isRegistryHost } from "../images/index.ts";
import { about } from "../model/field.ts";
import { dnsLabel, quantity } from "../model/values.ts";

/** A registry as references name it: with a port where it has one, Docker Hub as `docker.io`. */
export const registryHost = z.string().refine((text) => isRegistryHost(text), {
  error: (issue) =>
    issue.input === "index.docker.io"
      ? '"index.docker.io" is written docker.io'
      : `"${String(issue.input)}" is no registry; write HOST or HOST:PORT, like docker.io or registry.example:5000`,
});

const certificate = z.string().refine(isCertificate, {
  error: "is no certificate in PEM; paste the file that begins with -----BEGIN CERTIFICATE-----",
});

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).subject !== undefined;
  } catch {
    return false;
  }
}

const registry = about(
  z.strictObject({
    mirrors: z
      .array(registryHost)
      .max(8)
      .optional()
      .describe("Registries that are asked first, in this order; the registry itself is asked last."),
    plainHttp: z
      .boolean()
      .default(false)
      .describe("Speaks HTTP without encryption: for a registry on a trusted network alone."),
    caCertificate: certificate
      .optional()
      .describe("PEM certificates that are trusted for it, beside the machine's own."),
  }),
  { type: "Registry" },
);

export const registries = z
  .record(registryHost, registry)
  .describe("How registries are reached, by host; a mirror has an entry of its own where it needs one.");

export const imageStorage = about(
  z.strictObject({
    maxSize: quantity(64 * 2 ** 20)
      .optional()
      .describe("The most that images may take on a host's disk; those that nothing uses go first."),
  }),
  { type: "ImageStorage" },
);

export const registryCredential = about(
  z.strictObject({
    registry: registryHost.describe("The registry they are for, as `image` names it; a mirror has its own."),
    secret: dnsLabel.describe(
      "Name of a `Secret` in the same namespace whose `values` hold `username` and `password`.",
    ),
  }),
  { type: "ImageCredential" },
);

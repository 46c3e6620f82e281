import { type Client, openLocalImage, parseReference } from "../../contract/index.ts";

/** Of all that tests of faults write. */
export const owner = { engine: "cli", id: "faults" } as const;

/** A server whose command line names its service. */
export function web(service: string): Record<string, unknown> {
  return {
    command: ["httpd", "-f", "-p", "8000", "-r", service, "-h", "/etc"],
    healthCheck: { http: { path: "/hostname", port: 8000 } },
    stopGracePeriod: "1s",
    restart: { delay: "100ms" },
  };
}

export async function upload(client: Client, name: string): Promise<Record<string, unknown>> {
  const reference = parseReference(name);
  if (reference.kind === "registry") throw new Error(`upload ${name}: it is in a registry`);
  const local = await openLocalImage(reference, "/");
  const missing = new Set(await client.missingBlobs(local.blobs.map(({ digest }) => digest)));
  for (const blob of local.blobs.filter(({ digest }) => missing.has(digest)))
    await client.putBlob(blob.digest, blob.open(), blob.size);
  return { image: name, imageDigest: local.digest };
}

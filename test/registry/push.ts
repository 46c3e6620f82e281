/** An image as a registry holds it: a manifest or an index, and what it is made of. */
export interface Pushable {
  readonly blobs: ReadonlyMap<string, Buffer>;
  /** By digest, pushed in this order; the last is what the tag will name. */
  readonly manifests: ReadonlyMap<string, { readonly mediaType: string; readonly bytes: Buffer }>;
}

/** Pushes to a registry that asks nobody who they are, by the distribution specification's own two-step upload. */
export async function push(host: string, repository: string, tag: string, image: Pushable): Promise<void> {
  const base = `http://${host}/v2/${repository}`;
  for (const [digest, bytes] of image.blobs) {
    const begun = await expectOk(await fetch(`${base}/blobs/uploads/`, { method: "POST" }));
    const url = new URL(begun.headers.get("location") ?? "", base);
    url.searchParams.set("digest", digest);
    const headers = { "content-type": "application/octet-stream" };
    await expectOk(await fetch(url, { method: "PUT", headers, body: new Uint8Array(bytes) }));
  }
  const last = [...image.manifests.keys()].at(-1);
  for (const [digest, { mediaType, bytes }] of image.manifests) {
    for (const name of digest === last ? [digest, tag] : [digest]) {
      const request = { method: "PUT", headers: { "content-type": mediaType }, body: new Uint8Array(bytes) };
      await expectOk(await fetch(`${base}/manifests/${name}`, request));
    }
  }
}

async function expectOk(response: Response): Promise<Response> {
  if (response.ok) return response;
  throw new Error(`push: ${response.status} ${await response.text()}`);
}

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { CraftedImage } from "./archive.ts";

/** A request as it came in. */
export interface Asked {
  readonly method: string;
  /** After `/v2/REPOSITORY/`: `blobs/sha256:...`; empty for the ping. */
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
  readonly at: number;
}

/** Answers a request in place of the registry, or `false`: the registry shall answer. */
export type Fault = (asked: Asked, response: ServerResponse, content: Buffer | undefined) => boolean;

export interface FaultyRegistry {
  readonly host: string;
  readonly asked: Asked[];
  /** Who may come in; undefined: everybody. */
  login: string | undefined;
  fault: Fault;
  /** Makes `TAG` name this image. */
  hold(tag: string, image: CraftedImage): void;
  stop(): Promise<void>;
}

/** A registry over plain HTTP that does as told, knows ranges, and writes down what it was asked. */
export async function startFaultyRegistry(): Promise<FaultyRegistry> {
  const tags = new Map<string, string>();
  const contents = new Map<string, { type: string; bytes: Buffer }>();
  const server = createServer((request, response) => answer(registry, contents, tags, request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const registry: FaultyRegistry = {
    host: `127.0.0.1:${port}`,
    asked: [],
    login: undefined,
    fault: () => false,
    hold(tag, image) {
      tags.set(tag, image.digest);
      for (const [digest, bytes] of image.blobs) {
        const type = digest === image.digest ? image.manifest.mediaType : "application/octet-stream";
        contents.set(digest, { type, bytes });
      }
    },
    stop: () => close(server),
  };
  return registry;
}

function answer(
  registry: FaultyRegistry,
  contents: ReadonlyMap<string, { type: string; bytes: Buffer }>,
  tags: ReadonlyMap<string, string>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const [, path = ""] = /^\/v2\/app\/(.*)$/.exec(request.url ?? "") ?? [];
  const { range, authorization } = request.headers;
  const asked = { method: request.method ?? "", path, range, authorization, at: performance.now() };
  registry.asked.push(asked);
  const name = path.split("/").at(-1) ?? "";
  const digest = tags.get(name) ?? name;
  const content = contents.get(digest);
  response.on("error", () => {}); // Cut by the fault, or by the client.
  if (registry.fault(asked, response, content?.bytes)) return;
  if (registry.login !== undefined && authorization !== registry.login) {
    response.writeHead(401, { "www-authenticate": 'Basic realm="test"' }).end();
  } else if (path === "") {
    response.end("{}");
  } else if (content === undefined) {
    response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"unknown"}]}');
  } else {
    response.setHeader("content-type", content.type);
    response.setHeader("docker-content-digest", digest);
    sendRange(response, content.bytes, request);
  }
}

function sendRange(response: ServerResponse, bytes: Buffer, { method, headers }: IncomingMessage): void {
  const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0);
  if (headers.range !== undefined)
    response.writeHead(206, { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` });
  response.end(method === "HEAD" ? "" : bytes.subarray(from));
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
}

import { mkdtempSync, rmSync } from "node:fs";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type WebSocket, WebSocketServer } from "ws";
import { ConstellationError } from "../errors.ts";
import { connect } from "./client.ts";
import { decodeFrame, decodeRequest, encodeControl, encodeFrame } from "./exec-frames.ts";

let folder: string;
let socket: string;
let server: Server | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "client-"));
  socket = join(folder, "agent.sock");
});

afterEach(async () => {
  await stop();
  rmSync(folder, { recursive: true });
});

async function serve(listener: RequestListener): Promise<Server> {
  const started = createServer(listener);
  await new Promise<void>((resolve) => started.listen(socket, resolve));
  server = started;
  return started;
}

async function stop(): Promise<void> {
  server?.closeAllConnections();
  await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
  server = undefined;
}

function answer(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function failure(promise: Promise<unknown>): Promise<ConstellationError> {
  const error = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(ConstellationError);
  return error;
}

const web = { namespace: "shop", plural: "services", name: "web" };
const owner = { engine: "cli", id: "test" } as const;
const patient = () => connect({ socket }, { connectTimeoutMs: 3_000 });
const hasty = (timeoutMs = 5_000) => connect({ socket }, { connectTimeoutMs: 0, timeoutMs });

describe("documents", () => {
  test("are written with the revision that was read, or created", async () => {
    const seen: unknown[] = [];
    await serve(async (request, response) => {
      const { "if-match": ifMatch, "if-none-match": ifNoneMatch } = request.headers;
      seen.push([request.method, request.url, ifMatch, ifNoneMatch, await text(request)]);
      answer(response, { etag: "8" });
    });
    const body = { owner, inputs: { image: "a" } };
    await hasty().putDocument(web, body, {});
    await hasty().putDocument(web, body, { ifMatch: "7", dryRun: true });
    expect(seen).toEqual([
      ["PUT", "/v1/namespaces/shop/services/web", undefined, "*", JSON.stringify(body)],
      ["PUT", "/v1/namespaces/shop/services/web?dryRun=true", '"7"', undefined, JSON.stringify(body)],
    ]);
  });

  test("that do not exist are undefined; that is no kind is an error", async () => {
    await serve((request, response) => {
      const code = request.url?.includes("/services/") ? "not-found" : "unknown-kind";
      answer(response, { error: { code, message: "no such thing", violations: [] } }, 404);
    });
    expect(await hasty().getDocument(web)).toBeUndefined();
    expect(await failure(hasty().getDocument({ ...web, plural: "pods" }))).toMatchObject({
      code: "unknown-kind",
    });
  });

  test("are listed over all pages", async () => {
    const urls: unknown[] = [];
    await serve((request, response) => {
      urls.push(request.url);
      answer(response, urls.length < 3 ? { items: [urls.length], next: `p${urls.length}` } : { items: [3] });
    });
    expect(await hasty().listDocuments("services", { namespace: "shop" })).toEqual([1, 2, 3]);
    expect(urls).toEqual(
      ["", "&after=p1", "&after=p2"].map((rest) => `/v1/documents/services?namespace=shop${rest}`),
    );
  });

  test("are deleted without an answer's body", async () => {
    await serve((_request, response) => response.writeHead(204).end());
    expect(await hasty().deleteDocument(web)).toBeUndefined();
  });
});

describe("errors", () => {
  test("carry the agent's code, message and violations", async () => {
    const error = {
      code: "invalid",
      message: "check Service web",
      violations: [{ path: "image", reason: "is required" }],
    };
    await serve((_request, response) => answer(response, { error }, 422));
    expect(await failure(hasty().info())).toMatchObject(error);
  });

  test.each(["<html>", '{"error":{"code":"from-the-future","message":"x"}}', "{}"])(
    "of another shape are a bug: %s",
    async (body) => {
      await serve((_request, response) => response.writeHead(500).end(body));
      expect(await failure(hasty().info())).toMatchObject({ code: "bug" });
    },
  );

  test("an answer that never comes is a timeout that names the request", async () => {
    await serve(() => undefined);
    const error = await failure(hasty(200).info());
    expect(error.code).toBe("timeout");
    expect(error.message).toContain("get /v1/info");
  });

  test("an agent that is not there is named, with how to start one", async () => {
    const error = await failure(hasty().info());
    expect(error.code).toBe("unreachable");
    expect(error.message).toBe(
      `get /v1/info: ${socket}: no agent listens; create a Cluster to start one, or set CONSTELLATION_ROOT to the root folder of the one that runs`,
    );
  });

  test("a socket's folder that does not exist is not waited for", async () => {
    const nowhere = connect({ socket: join(folder, "gone", "agent.sock") }, { connectTimeoutMs: 60_000 });
    expect(await failure(nowhere.info())).toMatchObject({ code: "unreachable" });
  });
});

describe("while the agent restarts", () => {
  test("a request waits for it", async () => {
    const waiting = patient().putDocument(web, { owner, inputs: {} }, {});
    setTimeout(() => void serve((_request, response) => answer(response, { etag: "1" })), 150);
    expect(await waiting).toEqual({ etag: "1" });
  });

  test("a question whose connection broke is asked again", async () => {
    let count = 0;
    await serve((request, response) => {
      count += 1;
      if (count === 1) request.socket.destroy();
      else answer(response, { items: [count] });
    });
    expect(await patient().listHosts()).toEqual([2]);
  });

  test("a write whose connection broke is not repeated", async () => {
    let count = 0;
    await serve((request) => {
      count += 1;
      request.socket.destroy();
    });
    expect(await failure(patient().putDocument(web, { owner, inputs: {} }, {}))).toMatchObject({
      code: "unreachable",
    });
    expect(count).toBe(1);
  });

  test("a kept connection that was closed meanwhile does no harm", async () => {
    await serve((_request, response) => answer(response, { items: [] }));
    const client = patient();
    await client.listHosts();
    await stop();
    await serve((_request, response) => answer(response, { etag: "2" }));
    expect(await client.putDocument(web, { owner, inputs: {} }, {})).toEqual({ etag: "2" });
  });
});

describe("events", () => {
  const sse = (id: number) =>
    `id: ${id}\ndata: ${JSON.stringify({ type: "decision", message: `m${id}` })}\n\n`;

  async function collect(count: number, query: { after?: string; follow?: boolean; tail?: number } = {}) {
    const stop = new AbortController();
    const ids: string[] = [];
    for await (const { id } of patient().events(query, stop.signal)) {
      ids.push(id);
      if (ids.length === count) stop.abort();
    }
    return ids;
  }

  test("go on after the last id when the stream breaks", async () => {
    const asked: unknown[] = [];
    await serve((request, response) => {
      const last = Number(request.headers["last-event-id"] ?? 0);
      asked.push([request.url, request.headers["last-event-id"]]);
      response.writeHead(200).write(`: hello\n\n${sse(last + 1)}${sse(last + 2)}id: 99`);
      setTimeout(() => request.socket.destroy(), 20);
    });
    expect(await collect(5, { tail: 3 })).toEqual(["1", "2", "3", "4", "5"]);
    expect(asked.slice(0, 2)).toEqual([
      ["/v1/events?tail=3", undefined],
      ["/v1/events?tail=0", "2"],
    ]);
  });

  test("end with the stream when they are not followed", async () => {
    await serve((_request, response) => response.end(sse(1)));
    expect(await collect(9, { follow: false })).toEqual(["1"]);
  });

  test("that are no longer kept are an error", async () => {
    await serve((_request, response) =>
      answer(response, { error: { code: "compacted", message: "list again" } }, 410),
    );
    expect(await failure(collect(1, { after: "5" }))).toMatchObject({ code: "compacted" });
  });
});

test("a log is read line by line, across chunks", async () => {
  const entry = { at: "2026-01-01T00:00:00Z", stream: "stdout", text: "grüße" };
  const bytes = Buffer.from(`${JSON.stringify(entry)}\n${JSON.stringify(entry)}\n`);
  await serve((request, response) => {
    expect(request.url).toBe("/v1/instances/web-0-1/logs?tail=2&follow=true");
    for (const byte of bytes) response.write(Buffer.from([byte]));
    response.end();
  });
  const read = [];
  for await (const line of hasty().logs("web-0-1", { tail: 2, follow: true }, new AbortController().signal))
    read.push(line);
  expect(read).toEqual([entry, entry]);
});

describe("blobs", () => {
  test("are sent as bytes", async () => {
    let received: [IncomingMessage["headers"], string] | undefined;
    await serve(async (request, response) => {
      received = [request.headers, await text(request)];
      response.writeHead(204).end();
    });
    const chunks = (async function* () {
      yield Buffer.from("ab");
      yield Buffer.from("c");
    })();
    await hasty().putBlob(`sha256:${"0".repeat(64)}`, chunks, 3);
    expect(received).toMatchObject([
      { "content-length": "3", "content-type": "application/octet-stream" },
      "abc",
    ]);
  });

  test("that cannot be read fail by that reason", async () => {
    await serve((request) => request.resume());
    const chunks = (async function* () {
      yield Buffer.from("ab");
      throw new Error("disk on fire");
    })();
    const error = await failure(hasty().putBlob(`sha256:${"0".repeat(64)}`, chunks, 3));
    expect(error.message).toBe("read what to upload: disk on fire");
  });
});

describe("exec", () => {
  async function serveExec(session: (webSocket: WebSocket, url: string) => void): Promise<void> {
    const sockets = new WebSocketServer({ noServer: true });
    const started = await serve((_request, response) => answer(response, {}, 426));
    started.on("upgrade", (request, connection, head) => {
      sockets.handleUpgrade(request, connection, head, (webSocket) => session(webSocket, request.url ?? ""));
    });
  }

  test("passes input, both outputs, the size and the exit code", async () => {
    const seen: unknown[] = [];
    await serveExec((webSocket, url) => {
      seen.push(url);
      webSocket.send(encodeFrame("stderr", Buffer.from("warning")));
      webSocket.on("message", (message: Buffer, isBinary) => {
        if (isBinary) {
          webSocket.send(encodeFrame("stdout", decodeFrame(message)?.bytes ?? Buffer.alloc(0)));
          return;
        }
        const control = decodeRequest(message.toString());
        seen.push(control);
        if (control && "stdin" in control) {
          webSocket.send(encodeControl({ exit: { code: 3 } }));
          webSocket.close();
        }
      });
    });
    const session = await hasty().exec("web-0-1", { command: ["cat", "-"], tty: true });
    const outputs = Promise.all([collectText(session.stdout), collectText(session.stderr)]);
    const input = "x".repeat(200_000);
    session.resize(100, 30);
    session.stdin.end(input);
    expect(await session.exit).toBe(3);
    expect(await outputs).toEqual([input, "warning"]);
    expect(seen).toEqual([
      "/v1/instances/web-0-1/exec?command=%5B%22cat%22%2C%22-%22%5D&tty=true",
      { resize: { columns: 100, rows: 30 } },
      { stdin: "eof" },
    ]);
  });

  test("rejects with the agent's error, before and within the session", async () => {
    await serveExec((webSocket) => {
      webSocket.send(encodeControl({ error: { code: "not-found", message: "start sh: no such file" } }));
      webSocket.close();
    });
    const session = await hasty().exec("web-0-1", { command: ["sh"] });
    expect(await failure(session.exit)).toMatchObject({
      code: "not-found",
      message: "start sh: no such file",
    });
    await stop();
    await serve(() => undefined);
    server?.on("upgrade", (_request, connection) => {
      const body = JSON.stringify({ error: { code: "not-found", message: "no such instance" } });
      connection.end(`HTTP/1.1 404 Not Found\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    });
    expect(await failure(hasty().exec("gone", { command: ["sh"] }))).toMatchObject({
      message: "no such instance",
    });
  });

  test("a session that breaks has no exit code", async () => {
    await serveExec((webSocket) => webSocket.terminate());
    const session = await hasty().exec("web-0-1", { command: ["sh"] });
    expect(await failure(session.exit)).toMatchObject({ code: "unreachable" });
  });

  test("nobody listens", async () => {
    expect(await failure(hasty().exec("web-0-1", { command: ["sh"] }))).toMatchObject({
      code: "unreachable",
    });
  });
});

async function collectText(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString();
}

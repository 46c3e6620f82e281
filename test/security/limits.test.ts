import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { limits } from "../../contract/index.ts";
import { type AgentMachine, startAgentMachine } from "./agent.ts";

jest.setTimeout(180_000);

/** In KiB: what the agent may hold with every place taken, of 64 bodies of 1 MiB and 1,024 connections. */
const residentKb = 400 * 1024;

let at: AgentMachine;
const open = new Set<Socket>();
beforeAll(async () => {
  at = await startAgentMachine();
});
afterAll(async () => {
  for (const socket of open) socket.destroy();
  await at?.[Symbol.asyncDispose]();
});

/** Tries again where the socket's backlog is full of connections that the agent has not accepted yet. */
async function connection(): Promise<Socket> {
  for (;;) {
    const socket = connect(at.paths.socket);
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    try {
      await once(socket, "connect");
      return socket.on("error", () => undefined);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  readonly message: string | undefined;
}

/** What the agent says before it closes the connection, or until the answer is whole. */
async function answer(socket: Socket): Promise<Answer> {
  let text = "";
  socket.on("data", (data) => (text += data));
  const isWhole = () => {
    const length = /content-length: (\d+)/i.exec(text)?.[1];
    return length !== undefined && text.length >= text.indexOf("\r\n\r\n") + 4 + Number(length);
  };
  await new Promise<void>((resolve) => {
    socket.on("data", () => isWhole() && resolve()).on("close", () => resolve());
  });
  const [head = "", body = ""] = text.split("\r\n\r\n");
  if (!/^content-type: application\/json/im.test(head)) throw new Error(`no JSON: ${JSON.stringify(text)}`);
  const { error } = JSON.parse(body);
  return { status: Number(head.split(" ")[1]), code: error?.code, message: error?.message };
}

/** Whether a stream's head came. */
async function isOpened(text: string): Promise<boolean> {
  const socket = await connection();
  socket.write(text);
  const [data] = await once(socket, "data");
  socket.destroy();
  return String(data).startsWith("HTTP/1.1 200 ");
}

async function ask(text: string): Promise<Answer> {
  const socket = await connection();
  const answered = answer(socket);
  socket.write(text);
  return await answered.finally(() => socket.destroy());
}

const info = "GET /v1/info HTTP/1.1\r\nhost: agent\r\n\r\n";
const digests = (size: number) =>
  `POST /v1/secret-digests HTTP/1.1\r\nhost: agent\r\ncontent-type: application/json\r\ncontent-length: ${size}\r\n\r\n`;

const digestsOf = (body: string) => `${digests(body.length)}${body}`;

async function residentKbOf(pid: number): Promise<number> {
  const status = await at.machine.output(["cat", `/proc/${pid}/status`]);
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]);
}

describe("what is too large or no request is refused in JSON, by code", () => {
  test.each([
    ["a body", digests(limits.bodyBytes + 1), 413, "too-large"],
    ["a head", `GET /v1/info HTTP/1.1\r\nx: ${"x".repeat(limits.headBytes)}\r\n\r\n`, 413, "too-large"],
    ["no HTTP", "hello\r\n\r\n", 422, "invalid"],
    ["a broken URL", info.replace("/v1/info", "/v1/documents/%zz"), 422, "invalid"],
    ["a wrong method", info.replace("GET", "DELETE"), 405, "wrong-method"],
    ["a route that is not there", info.replace("info", "nothing"), 404, "not-found"],
    ["broken JSON", `${digests(1)}{`, 422, "invalid"],
    ["a type that is no JSON", `${digests(2).replace("application/json", "text/plain")}{}`, 422, "invalid"],
    ["an unknown query parameter", info.replace("/v1/info", "/v1/instances?colour=red"), 422, "invalid"],
    [
      "a body without a bottom",
      digestsOf(`{"values":${"[".repeat(200_000)}${"]".repeat(200_000)}}`),
      413,
      "too-large",
    ],
    ["an unknown field", `${digests(24)}{"values":[],"colour":1}`, 422, "invalid"],
  ])("%s", async (_, text, status, code) => {
    expect(await ask(text)).toMatchObject({ status, code });
  });
});

test(`slow-client: who sends no head in ${limits.headTimeoutMs / 1000} s or no body in ${limits.bodyTimeoutMs / 1000} s is cut off, and others are served meanwhile`, async () => {
  const [silent, slowHead, slowBody] = await Promise.all([connection(), connection(), connection()]);
  const cut = Promise.all([answer(silent), answer(slowHead), answer(slowBody)]);
  slowHead.write("GET /v1/info HTTP/1.1\r\n");
  slowBody.write(digests(100));
  const drip = setInterval(() => {
    slowHead.write("x: y\r\n");
    slowBody.write(" ");
  }, 500);
  const closed = Promise.all([silent, slowHead, slowBody].map((socket) => once(socket, "close")));
  expect((await ask(info)).status).toBe(200);
  expect((await cut).map(({ code }) => code)).toEqual(["timeout", "timeout", "timeout"]);
  clearInterval(drip);
  await closed;
});

test(`at most ${limits.bodiesAtOnce} bodies are received at once: one more is told to try again`, async () => {
  const pid = await at.agentPid();
  const size = limits.bodyBytes;
  const holding = await Promise.all(Array.from({ length: limits.bodiesAtOnce }, connection));
  const text = `${digests(size)}${" ".repeat(size - 1)}`;
  await Promise.all(holding.map((socket) => new Promise((sent) => socket.write(text, sent))));
  const refused = async () => (await ask(digests(2))).code === "busy";
  expect(await eventually(refused)).toBe(true);
  expect(await residentKbOf(pid)).toBeLessThan(residentKb);
  expect((await ask(info)).status).toBe(200);
  for (const socket of holding) socket.destroy();
  expect(await eventually(async () => (await ask(`${digests(13)}{"values":[]}`)).status === 200)).toBe(true);
});

test(`at most ${limits.eventStreams} event streams are open at once`, async () => {
  const follow = info.replace("info", "events");
  const streams = await Promise.all(Array.from({ length: limits.eventStreams }, connection));
  const opened = streams.map((socket) => once(socket, "data"));
  for (const socket of streams) socket.write(follow);
  await Promise.all(opened);
  const { status, code, message } = await ask(follow);
  expect({ status, code }).toEqual({ status: 503, code: "busy" });
  expect(message).toMatch(/^follow events: 256 at once are allowed/);
  for (const socket of streams) socket.destroy();
  expect(await eventually(() => isOpened(follow))).toBe(true);
});

test(`at most ${limits.connections} connections: one more is told why, and the agent serves on once they go`, async () => {
  const pid = await at.agentPid();
  const connections = await Promise.all(Array.from({ length: limits.connections }, connection));
  for (const socket of connections) socket.write("GET");
  expect(await eventually(async () => (await ask(info)).code === "busy")).toBe(true);
  expect(await residentKbOf(pid)).toBeLessThan(residentKb);
  for (const socket of connections) socket.destroy();
  expect(await eventually(async () => (await ask(info)).status === 200)).toBe(true);
  expect(await at.agentPid()).toBe(pid);
});

/** True once it holds; false after 20 s. */
async function eventually(holds: () => Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + 20_000;
  while (performance.now() < deadline) {
    if (await holds()) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

import { Agent, type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { jsonLines } from "./json-lines.ts";
import { StoreRefusal } from "./refusal.ts";

const limits = {
  callTimeoutMs: 5_000,
  connections: 16,
} as const;

/** etcd's calls as JSON over HTTP/1.1, which it serves beside gRPC (https://etcd.io/docs/v3.6/dev-guide/api_grpc_gateway). */
export interface Gateway {
  /** One answer to one call, within 5 s unless it says otherwise, or until the signal aborts. Rejects with a `StoreRefusal`, or with Node's error where no answer came. */
  call<Answer>(path: string, body: object, timeoutMs?: number, until?: AbortSignal): Promise<Answer>;
  /** Answers as they come; ends with the connection, throws as `call` does. */
  stream<Answer>(path: string, body: object, signal: AbortSignal): AsyncIterable<Answer>;
  close(): void;
}

/** Through a unix socket; connections are kept for the next call. */
export function openGateway(socket: string): Gateway {
  const agent = new Agent({ keepAlive: true, maxSockets: limits.connections });
  return {
    async call<Answer>(
      path: string,
      body: object,
      timeoutMs: number = limits.callTimeoutMs,
      until?: AbortSignal,
    ) {
      const late = new AbortController();
      const end = () => late.abort();
      const timer = setTimeout(end, timeoutMs);
      until?.addEventListener("abort", end, { once: true });
      try {
        const response = await post({ socket, agent, path, body, signal: late.signal });
        const answer: unknown = JSON.parse(await text(response));
        if (response.statusCode !== 200) throw new StoreRefusal(answer);
        return answer as Answer;
      } finally {
        until?.removeEventListener("abort", end);
        clearTimeout(timer);
      }
    },

    async *stream<Answer>(path: string, body: object, signal: AbortSignal) {
      const response = await post({ socket, agent: false, path, body, signal });
      if (response.statusCode !== 200) throw new StoreRefusal(JSON.parse(await text(response)));
      for await (const answer of jsonLines<{ result?: Answer; error?: unknown }>(response)) {
        if (answer.result === undefined) throw new StoreRefusal(answer.error);
        yield answer.result;
      }
    },

    close: () => agent.destroy(),
  };
}

interface Post {
  readonly socket: string;
  readonly agent: Agent | false;
  readonly path: string;
  readonly body: object;
  readonly signal: AbortSignal;
}

/** Resolves with the answer's head. */
function post({ socket, agent, path, body, signal }: Post): Promise<IncomingMessage> {
  const payload = Buffer.from(JSON.stringify(body));
  const headers = {
    host: "localhost",
    "content-type": "application/json",
    "content-length": payload.byteLength,
  };
  return new Promise((resolve, reject) => {
    request({ socketPath: socket, method: "POST", path, agent, headers, signal })
      .once("response", resolve)
      .once("error", reject)
      .end(payload);
  });
}

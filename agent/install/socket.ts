import { request } from "node:http";

const answerTimeoutMs = 2_000;

/** What the agent behind a socket says about itself (GET /v1/info); undefined when nobody answers. */
export function askInfo(socketPath: string): Promise<unknown> {
  return new Promise((resolve) => {
    const call = request({ socketPath, path: "/v1/info", timeout: answerTimeoutMs }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", () => resolve(undefined));
      response.on("end", () => {
        resolve(response.statusCode === 200 ? parse(Buffer.concat(chunks).toString("utf8")) : undefined);
      });
    });
    call.on("timeout", () => call.destroy());
    call.on("error", () => resolve(undefined));
    call.end();
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // whoever answers there is not an agent
  }
}

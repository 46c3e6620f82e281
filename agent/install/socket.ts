import { request } from "node:http";
import * as z from "zod";

const answerTimeoutMs = 2_000;

const refusal = z.object({ error: z.object({ message: z.string() }) });

/** What the agent behind a socket says: about itself, or why it cannot answer anything yet. */
export type Answer =
  | { readonly kind: "info"; readonly info: unknown }
  | { readonly kind: "unready"; readonly reason: string };

/** Asks GET /v1/info; undefined when nobody answers. */
export function askAgent(socketPath: string): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const call = request({ socketPath, path: "/v1/info", timeout: answerTimeoutMs }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", () => resolve(undefined));
      response.on("end", () => {
        const answer = parse(Buffer.concat(chunks).toString("utf8"));
        const refused = refusal.safeParse(answer);
        if (response.statusCode === 200)
          resolve(answer === undefined ? undefined : { kind: "info", info: answer });
        else resolve(refused.success ? { kind: "unready", reason: refused.data.error.message } : undefined);
      });
    });
    call.on("timeout", () => call.destroy());
    call.on("error", () => resolve(undefined));
    call.end();
  });
}

/** What the agent says about itself; undefined when it does not, for whatever reason. */
export async function askInfo(socketPath: string): Promise<unknown> {
  const answer = await askAgent(socketPath);
  return answer?.kind === "info" ? answer.info : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // whoever answers there is not an agent
  }
}

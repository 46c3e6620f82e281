import { expect, test } from "@jest/globals";
import type { Client } from "../../contract/index.ts";
import type { Call } from "./types.ts";
import { waitUntilGone } from "./wait.ts";

const address = { namespace: "default", plural: "services", name: "web" };

/** What is told of a delete while the instances are these, one look after the other. */
async function told(...looks: { name: string; host: string; state: string }[][]) {
  const warnings: string[] = [];
  let look = 0;
  const client = { listInstances: async () => looks[Math.min(look++, looks.length - 1)] };
  const call = {
    signal: new AbortController().signal,
    progress: () => undefined,
    warn: (message: string) => void warnings.push(message),
  };
  await waitUntilGone(client as unknown as Client, address, 0, call as unknown as Call);
  return { warnings, looks: look };
}
const on = (host: string, state: string) => ({ name: "web-0", host, state });

test("a delete is over once nothing is left", async () => {
  expect(await told([on("a", "stopping")], [on("a", "stopping")], [])).toEqual({ warnings: [], looks: 3 });
});

test("a delete does not wait for a host that is lost, and says what stays there", async () => {
  const lost = on("d", "lost");
  expect(await told([on("a", "stopping"), lost], [lost])).toEqual({
    warnings: ["web-0: d is lost; what it still runs there ends if d comes back to this cluster"],
    looks: 2,
  });
});

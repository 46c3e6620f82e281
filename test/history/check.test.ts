import { expect, test } from "@jest/globals";
import { type Client, ConstellationError, type Document } from "../../contract/index.ts";
import { until } from "../control/until.ts";
import { checkHistory, type Operation, startClients } from "./index.ts";

/** Calls one after the other, but for those that say when they began. */
function historyOf(...calls: readonly Partial<Operation>[]): Operation[] {
  return calls.map((call, index) => {
    const at = 10 * (index + 1);
    const usual = { client: index, key: "a", kind: "get", outcome: "done", call: at } as const;
    return { ...usual, ...(call.outcome !== "unknown" && { return: at + 5 }), ...call };
  });
}

const put = (value: string, etag: string, more: Partial<Operation> = {}): Partial<Operation> => ({
  ...{ kind: "put", value, found: { value, etag } },
  ...more,
});
const saw = (value: string, etag: string): Partial<Operation> => ({ found: { value, etag } });
const lost = (call: Partial<Operation>): Partial<Operation> => {
  const { found: _, ...rest } = call;
  return { ...rest, outcome: "unknown" };
};
const refused = (call: Partial<Operation>): Partial<Operation> => ({ ...lost(call), outcome: "refused" });

const first = put("1", "5");
const second = put("2", "6", { ifMatch: "5" });

test.each<[string, readonly Partial<Operation>[]]>([
  ["reads of what was written last", [first, saw("1", "5"), second, saw("2", "6")]],
  ["a write without an answer that is seen later", [first, lost(second), saw("1", "5"), saw("2", "6")]],
  ["a write without an answer that never is", [first, lost(second), saw("1", "5")]],
  [
    "a read while a write is under way, on either side of it",
    [first, { ...second, call: 12 }, saw("2", "6")],
  ],
  ["a delete, and a create by another one", [first, { kind: "delete", ifMatch: "5" }, {}, put("3", "9")]],
  [
    "refusals that are right",
    [first, second, refused(put("3", "", { ifMatch: "5" })), refused(put("4", ""))],
  ],
])("linearizable: %s", async (_, calls) => {
  const history = historyOf(...calls);
  expect(await checkHistory(history)).toEqual({ verdict: "linearizable", operations: history.length });
});

test.each<[string, readonly Partial<Operation>[]]>([
  ["a stale read", [first, second, saw("1", "5")]],
  ["an acknowledged write that is lost", [first, {}]],
  ["a write that is lost after it was seen", [first, lost(second), saw("2", "6"), saw("1", "5")]],
  ["two writes that both were the one of an etag", [first, second, put("3", "7", { ifMatch: "5" })]],
  ["a deleted document that is back", [first, { kind: "delete" }, saw("1", "5")]],
  ["a value nobody wrote", [first, saw("7", "6")]],
  ["the same value by another etag", [first, saw("1", "6")]],
  ["a refusal that is wrong", [first, refused(second)]],
  ["a create over another one's document", [first, put("2", "6")]],
])("illegal: %s, which is named", async (_, calls) => {
  const history = historyOf(...calls);
  const { verdict, key, stuck } = await checkHistory(history);
  expect({ verdict, key }).toEqual({ verdict: "illegal", key: "a" });
  expect(stuck).toContainEqual(history.at(-1));
});

test("a line that is no operation is refused", async () => {
  const junk = { ...historyOf(first)[0], colour: "green" } as unknown as Operation;
  await expect(checkHistory([junk])).rejects.toThrow("ended with 1");
});

type Defect = "none" | "stale read" | "lost write";

/** Documents in memory, as the API keeps them, with a defect that shows once in a while. */
function serverWith(defect: Defect): Client {
  const documents = new Map<string, Document>();
  const past = new Map<string, Document>();
  let revision = 0;
  const isNow = () => revision > 0 && revision % 20 === 0;
  const refuse = (code: "conflict" | "owned" | "not-found") => {
    throw new ConstellationError(code, "no");
  };
  const server: Pick<Client, "getDocument" | "putDocument" | "deleteDocument"> = {
    async getDocument({ name }) {
      return defect === "stale read" && isNow() ? past.get(name) : documents.get(name);
    },
    async putDocument({ name }, { owner, inputs }, { ifMatch }) {
      const earlier = documents.get(name);
      if (!earlier && ifMatch !== undefined) refuse("not-found");
      if (earlier && ifMatch === undefined && earlier.owner.id !== owner.id) refuse("owned");
      if (earlier && ifMatch !== undefined && earlier.etag !== ifMatch) refuse("conflict");
      revision += 1;
      const next = { owner, inputs, etag: String(revision) } as Document;
      if (earlier) past.set(name, earlier);
      if (!(defect === "lost write" && isNow())) documents.set(name, next);
      return next;
    },
    async deleteDocument({ name }, { ifMatch } = {}) {
      if (ifMatch !== undefined && documents.has(name) && documents.get(name)?.etag !== ifMatch)
        refuse("conflict");
      documents.delete(name);
    },
  };
  return server as Client;
}

test.each<[Defect, string]>([
  ["none", "linearizable"],
  ["stale read", "illegal"],
  ["lost write", "illegal"],
])("clients of a server with this defect: %s; their history is %s", async (defect, verdict) => {
  const server = serverWith(defect);
  const clients = startClients({ servers: [() => server], seed: 1 });
  await until("300 calls", async () => clients.done() >= 300 || undefined);
  expect((await checkHistory(await clients.stop())).verdict).toBe(verdict);
});

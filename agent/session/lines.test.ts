import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { createLines } from "./lines.ts";
import { createTold } from "./remote/told.ts";
import type { Assignment } from "./types.ts";
import { message } from "./wire.ts";

type Written = readonly Buffer[];
const text = (written: Written) => Buffer.concat([...written]).toString();
const messages = (written: Written) =>
  text(written)
    .trim()
    .split("\n")
    .map((line) => message.parse(JSON.parse(line)));

const services = [{ uid: "u", namespace: "shop", name: "wéb", endpoints: [] as object[] }];
const assignmentOf = (host: string, changes: object = {}) =>
  ({
    ...{
      revision: 7,
      host: { name: host, cidr: "10.64.0.0/22" },
      placements: [{ id: "web-0-1" }],
      specs: {},
    },
    ...{ services, ...changes },
  }) as unknown as Assignment;

test("a host that does not ask for changes is told everything each time, what hosts share by the same bytes", () => {
  const lines = createLines();
  const [a, b] = [lines(false), lines(false)];
  const [first, again, other] = [
    a(assignmentOf("a"), ["x:1"]),
    a(assignmentOf("a"), []),
    b(assignmentOf("b"), []),
  ];
  expect(messages(first)).toEqual([{ assignment: assignmentOf("a"), servers: ["x:1"] }]);
  expect(messages(again)).toEqual([{ assignment: assignmentOf("a"), servers: [] }]);
  expect(messages(other)).toEqual([{ assignment: assignmentOf("b"), servers: [] }]);
  expect(first[1]).toBe(other[1]);
});

test("a change costs what it is, and is written once for all hosts that were told the same before", () => {
  const lines = createLines();
  const [a, b] = [lines(true), lines(true)];
  for (const [host, write] of Object.entries({ a, b })) write(assignmentOf(host), []);
  const changed = services.map((one) => ({ ...one, endpoints: [{ instance: "web-0-1", host: "a" }] }));
  const [forA, forB] = [a, b].map((write, at) =>
    write(assignmentOf("ab"[at] ?? "", { services: changed }), []),
  );
  expect(forA?.[0]).toBe(forB?.[0]);
  expect(text(forA ?? []).length).toBeLessThan(200);
  expect(text(a(assignmentOf("a", { services: changed, revision: 8 }), []))).toBe(
    `{"own":{"fields":{"revision":{"is":8}}},"servers":[]}\n`,
  );
});

const names = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e"));
const states = fc.array(
  fc.record({
    revision: fc.nat(),
    placements: names.map((ids) => ids.map((id) => ({ id, want: "run" }))),
    specs: names.map((keys) => Object.fromEntries(keys.map((key) => [key, { inputs: { image: key } }]))),
    services: fc.array(names, { maxLength: 3 }).map((all) =>
      all.map((endpoints, at) => ({
        ...{ uid: `${at}`, name: `${at}` },
        endpoints: endpoints.map((instance) => ({ instance })),
      })),
    ),
    peers: fc.option(names, { nil: undefined }),
    isNewStream: fc.boolean(),
  }),
);

test("changes put together are the whole, whichever states a host is not told of and whenever its stream breaks", () => {
  fc.assert(
    fc.property(states, fc.infiniteStream(fc.boolean()), (all, skips) => {
      const lines = createLines();
      const hosts = ["a", "b"].map((name) => ({ name, write: lines(true), take: createTold() }));
      for (const { isNewStream, ...state } of all)
        for (const host of hosts) {
          if (skips.next().value) continue;
          if (isNewStream) Object.assign(host, { write: lines(true), take: createTold() });
          const told = messages(host.write(assignmentOf(host.name, state), ["x:1"])).map(host.take);
          const assignment = JSON.parse(JSON.stringify(assignmentOf(host.name, state)));
          expect(told.at(-1)).toEqual({ assignment, servers: ["x:1"] });
          expect(told.slice(0, -1).every((one) => one === undefined)).toBe(true);
        }
    }),
  );
});

import { expect, test } from "@jest/globals";
import { closedPathViolations } from "./host-paths.ts";

const closed = ["/var/lib/agent", "/run/agent"];
const judged = (path: string) =>
  closedPathViolations({ mounts: [{ tmpfs: {} }, { hostPath: { path } }] }, closed);

test.each([
  ["/var/lib/agent", "/var/lib/agent is the agent's own"],
  ["/var//lib/./agent/etcd/", "/var/lib/agent/etcd is the agent's own"],
  ["/run", "/run holds the agent's own /run/agent"],
  ["/", "/ holds the agent's own /var/lib/agent"],
])("%s is refused by its field", (path, reason) => {
  expect(judged(path)).toEqual([
    { path: "mounts[1].hostPath.path", reason: `${reason}; mount a folder that has none of it` },
  ]);
});

test.each(["/var/lib/agents", "/srv", "/run/agent2"])("%s is no part of them", (path) => {
  expect(judged(path)).toEqual([]);
});

test("without mounts there is nothing to say", () => expect(closedPathViolations({}, closed)).toEqual([]));

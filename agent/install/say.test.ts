import { expect, test } from "@jest/globals";
import { sayFindings, sayStatus } from "./say.ts";

test("a line says what is wrong and what to do", () => {
  const findings = [
    { severity: "refusal", id: "root-user", problem: "this user is not root", fix: "use sudo" },
    { severity: "warning", id: "firewall", problem: "a chain drops", fix: "let instances pass" },
  ] as const;
  expect(sayFindings(findings)).toBe(
    "refused: this user is not root; use sudo\nwarning: a chain drops; let instances pass\n",
  );
  expect(sayFindings([])).toBe("fit: an agent can run here\n");
});

test("a status is a line a process, and one for what is wrong", () => {
  const said = sayStatus({
    ...{ id: "constellation", guard: 7, agent: undefined, cgroupMode: "v2", mountNamespace: undefined },
    ...{ info: undefined, stateDir: "/var/lib/constellation", runDir: "/run/constellation" },
    processes: [{ name: "guard", pid: 7, upSeconds: 5, residentBytes: 3 * 1024 ** 2 }, { name: "agent" }],
    monitors: 2,
    trouble: { problem: "the agent ended 3 times in a row", fix: "agent.log says why" },
  });
  expect(said.split("\n")).toEqual([
    "guard       pid 7, up 5 s, 3 MiB",
    "agent       does not run",
    "instances   2 on this machine",
    "cluster     unknown: the agent does not answer",
    "trouble     the agent ended 3 times in a row; agent.log says why",
    "",
  ]);
});

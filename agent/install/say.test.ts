import { expect, test } from "@jest/globals";
import { sayFindings } from "./say.ts";

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

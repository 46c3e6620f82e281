import { expect, test } from "@jest/globals";
import { agentPaths } from "../../contract/index.ts";
import { environmentText, unitText } from "./systemd.ts";

test("the unit starts exactly the given command and leaves instances alone when it stops", () => {
  const unit = unitText(agentPaths(), ["/opt/guard", "run", "--", "/opt/my node", 'a"b', "100%", "$HOME"]);
  expect(unit).toContain(`ExecStart="/opt/guard" "run" "--" "/opt/my node" "a\\"b" "100%%" "$$HOME"\n`);
  expect(unit).toContain("KillMode=process\n");
  expect(unit).toContain("Restart=always\n");
  expect(unit).toContain("Delegate=yes\n");
  expect(unit).toContain("EnvironmentFile=/var/lib/constellation/guard.env\n");
});

test("the environment file is sorted and quoted", () => {
  expect(environmentText({ PATH: "/bin", HOME: '/ro"ot' })).toBe('HOME="/ro\\"ot"\nPATH="/bin"\n');
});

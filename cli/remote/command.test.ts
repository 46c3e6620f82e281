import { expect, test } from "@jest/globals";
import { remoteCommand, sshArguments } from "./command.ts";

test.each([
  ["root@10.0.0.1", ["--", "root@10.0.0.1"]],
  ["ssh://root@10.0.0.1:2222", ["-p", "2222", "--", "root@10.0.0.1"]],
  ["root@[fd00::5]:2222", ["-p", "2222", "--", "root@fd00::5"]],
  ["root@fd00::5", ["--", "root@fd00::5"]],
  ["production", ["--", "production"]],
])("%s is given to ssh as one word after its options", (destination, end) => {
  expect(sshArguments(destination).slice(-end.length)).toEqual(end);
});

test("a root folder is a word of the command, whatever it holds", () => {
  const command = remoteCommand("/srv/it's $(odd)");
  expect(command).toContain("\\$(odd)");
  expect(command).toContain("'\\''");
});

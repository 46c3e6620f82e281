import { expect, test } from "@jest/globals";
import type { RemoteMachine } from "../machines/index.ts";
import { removeAgent } from "./remove.ts";

/**
 * The commands that were run there.
 * @param found the agent's program on the machine. @param outcome of the removal of what was brought
 */
async function removed(found: string, outcome = "removed"): Promise<string[]> {
  const ran: string[] = [];
  const answers = [found, outcome];
  const runAsRoot = async (line: string, { onStdout }: { onStdout?: (chunk: Buffer) => void }) => {
    ran.push(line);
    onStdout?.(Buffer.from('{"result":{"left":[]}}\n'));
    return { code: 0, stdout: onStdout ? "" : answers.shift(), stderr: "" };
  };
  const machine = { name: "m", login: async () => ({ runAsRoot }), hangUp: () => undefined };
  await removeAgent({
    machine: machine as unknown as RemoteMachine,
    root: undefined,
    signal: new AbortController().signal,
    progress: () => undefined,
    warn: (message) => void ran.push(message),
  });
  return ran;
}

test("an agent whose programs were never named is taken down by the one that was sent", async () => {
  const program = "/opt/constellation/kit/abc/bin/constellation-agent";
  const [look, down] = await removed(program);
  expect(look).toContain("/opt/constellation/kit/*/bin/constellation-agent");
  expect(down).toContain(`${program} down`);
});

test("a machine without programs is asked for nothing more than what lies there", async () =>
  expect(await removed("")).toHaveLength(2));

test("programs stay that another agent runs from; that the agent itself runs on is a failure", async () => {
  expect(await removed("", "kept")).toContainEqual(expect.stringMatching(/since another agent there runs/));
  await expect(removed("", "runs")).rejects.toThrow(
    /m: it runs on from \/opt\/constellation, .*end it by hand/,
  );
});

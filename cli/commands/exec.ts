import { type Attendance, attend, enterRawTerminal, jsonOutput } from "../exec/index.ts";
import { oneInstance, parseReference, selectInstances } from "../names/index.ts";
import { type Action, type Options, type Session, UsageError } from "../session/index.ts";
import { sizeOf } from "../terminal/index.ts";

/**
 * Exits with the command's own code; 130 when Ctrl-C ended it without a terminal.
 * `--json`: lines `{ "stream": "stdout" | "stderr", "text": ... }`, then `{ "exit": { "code": 0 } }`.
 */
export const exec: Action = async ({ session, args, options }) => {
  const [name = "", ...command] = args;
  const { stdout } = session;
  const { tty = false, interactive = false, user, workdir } = options;
  refuseMisfits(options, session);
  const reference = parseReference(name, session.namespace);
  const agent = await session.agent();
  const instances = await agent.listInstances();
  const services = selectInstances(reference, instances) ? [] : await agent.listDocuments("services");
  const instance = oneInstance(reference, instances, services);
  const stream = await agent.exec(instance.id, {
    command,
    tty,
    ...(user === undefined ? {} : { user }),
    ...(workdir === undefined ? {} : { workingDir: workdir }),
    ...(tty ? sizeOf(stdout) : undefined),
  });
  const giveBack = tty && interactive ? enterRawTerminal(session, stream.resize) : () => undefined;
  try {
    const onOutput = session.isJson ? jsonOutput(session.output) : plainOutput(session);
    const code = await attend(session, stream, { isInteractive: interactive, onOutput });
    if (session.isJson) await session.output.jsonLine({ exit: { code } });
    return code;
  } finally {
    giveBack();
    // A pipe or a terminal that stays open must not keep this process.
    if (interactive) session.stdin.destroy();
  }
};

function refuseMisfits({ tty, interactive }: Options, { stdin, isJson }: Session): void {
  if (tty && isJson)
    throw new UsageError("-t: a terminal's output is no JSON; leave out one of -t and --json");
  if (tty && interactive && !stdin.isTTY)
    throw new UsageError("-t: standard input is no terminal; leave out -t to pass a pipe on");
}

function plainOutput({ output }: Session): Attendance["onOutput"] {
  return (stream, bytes) => (stream === "stdout" ? output.write(bytes) : output.writeError(bytes));
}

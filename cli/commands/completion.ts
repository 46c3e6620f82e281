import { completionScripts, type Shell } from "../completion/index.ts";
import { type Action, UsageError } from "../session/index.ts";

/** `--json`: `{ "shell": "bash", "script": "..." }`. */
export const completion: Action = async ({ session, args }) => {
  const [shell = ""] = args;
  if (!isShell(shell))
    throw new UsageError(
      `"${shell}" is no shell known here; choose ${Object.keys(completionScripts).join(", ")}`,
    );
  const script = completionScripts[shell];
  if (session.isJson) await session.output.json({ shell, script });
  else await session.output.write(script);
  return 0;
};

function isShell(text: string): text is Shell {
  return Object.hasOwn(completionScripts, text);
}

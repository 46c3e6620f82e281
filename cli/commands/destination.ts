import { UsageError } from "../session/index.ts";

/** What ssh(1) takes for a machine, and no option of it. */
export function destination(text: string): string {
  if (/^[^\s-]\S*$/.test(text)) return text;
  throw new UsageError(`"${text}" is no machine; write USER@HOST, or a Host of ~/.ssh/config`);
}

import { type LogLine, logLimits } from "./types.ts";

/** A piece as conmon's `k8s-file` format writes it: `<RFC 3339> <stream> <P|F> <text>`. `P`: the line goes on. */
export interface Piece extends LogLine {
  readonly isPartial: boolean;
}

/** Undefined for what is no line of this format: one torn by a full disk, or somebody else's words. */
export function parsePiece(line: string): Piece | undefined {
  const [, at, stream, tag, text = ""] = /^(\S+) (stdout|stderr) ([PF]) ?(.*)$/s.exec(line) ?? [];
  if (at === undefined || Number.isNaN(Date.parse(at))) return undefined;
  return { at: toUtc(at), stream: stream as LogLine["stream"], isPartial: tag === "P", text };
}

/** Puts the pieces of long lines together, each stream's on its own; at most `lineBytes` characters wait. */
export function createAssembler(): (piece: Piece) => LogLine | undefined {
  const waiting = { stdout: "", stderr: "" };
  return ({ at, stream, isPartial, text }) => {
    const whole = waiting[stream] + text;
    if (isPartial && whole.length < logLimits.lineBytes) {
      waiting[stream] = whole;
      return undefined;
    }
    waiting[stream] = "";
    return { at, stream, text: whole };
  };
}

/** conmon writes nanoseconds in the machine's zone: those of UTC are kept, others cut to milliseconds. */
function toUtc(at: string): string {
  return at.endsWith("+00:00") ? `${at.slice(0, -6)}Z` : new Date(at).toISOString();
}

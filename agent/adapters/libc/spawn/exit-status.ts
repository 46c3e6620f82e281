import { constants } from "node:os";
import type { Exit } from "./types.ts";

const signalNames: ReadonlyMap<number, NodeJS.Signals> = new Map(
  Object.entries(constants.signals)
    .reverse()
    .map(([name, number]) => [number, name as NodeJS.Signals]),
);

/** Reads the status word of wait(2): the low 7 bits are the signal, the next byte the exit code. */
export function decodeExit(status: number): Exit {
  const signal = status & 0x7f;
  if (signal === 0) return { code: (status >> 8) & 0xff, signal: null };
  return { code: null, signal: signalNames.get(signal) ?? "SIGKILL" };
}

/** The shell's convention: the code, or 128 + the signal's number. */
export function exitCode(exit: Exit): number {
  return exit.code ?? 128 + (exit.signal === null ? 0 : constants.signals[exit.signal]);
}

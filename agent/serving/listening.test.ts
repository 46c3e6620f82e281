import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import type { Logger } from "pino";
import { openAuthority } from "../identity/index.ts";
import type { Store } from "../store/index.ts";
import { keepListening, type ListeningOptions } from "./listening.ts";

test("a server that listens is heard, also while its certificate cannot be renewed", async () => {
  const stateDir = mkdtempSync(join(tmpdir(), "listening-"));
  const ending = new AbortController();
  const own = `127.84.${process.pid % 251}.${(process.pid >> 8) % 251}`;
  let address = own;
  let wake = () => {};
  const log: string[] = [];
  const { promise: listens, resolve: noteListening } = Promise.withResolvers<void>();
  const { promise: failed, resolve: noteFailure } = Promise.withResolvers<void>();
  let authority = async () => await openAuthority(stateDir, "c1", new Date());
  const options = {
    ...{ self: "one", stateDir, routes: {}, refusalOf: () => undefined, onServing: () => undefined },
    authority: async () => await authority(),
    store: {
      get: () => ({ record: { address } }),
      subscribe(listener: (set: { changes: [] }) => void) {
        wake = () => listener({ changes: [] });
        return () => undefined;
      },
    } as unknown as Store,
    log: {
      info: () => noteListening(),
      error(_: object, text: string) {
        log.push(text);
        noteFailure();
      },
    } as unknown as Logger,
    signal: ending.signal,
  } satisfies ListeningOptions;
  const listening = keepListening(options);
  try {
    await listens;
    authority = async () => await Promise.reject(new Error("its key is gone"));
    // For a moment only: it looks again, and finds itself where it is.
    address = "127.0.0.1";
    wake();
    address = own;
    await failed;
    expect(log).toEqual(["cannot renew the certificate that hosts know it by"]);
    expect(listening.trouble()).toBeUndefined();
  } finally {
    ending.abort();
    await listening.running;
    rmSync(stateDir, { recursive: true });
  }
});

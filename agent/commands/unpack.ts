import { createFileCalls } from "../adapters/libc/index.ts";
import { unpackMain } from "../images/index.ts";

/** The unpacking child: the compressed layer on standard input, messages for its parent on standard output. */
export async function unpack(folder: string): Promise<undefined> {
  process.exitCode = await unpackMain(folder, createFileCalls());
}

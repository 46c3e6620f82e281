import { createFileCalls } from "../../agent/adapters/libc/index.ts";
import { unpackMain } from "../../agent/images/index.ts";

/** What `constellation-agent unpack-layer FOLDER` does, started from the sources. */
process.exitCode = await unpackMain(process.argv[2] ?? "", createFileCalls());

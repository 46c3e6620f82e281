import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { ConstellationError } from "../../contract/index.ts";

/** What follows a command's name. */
export interface Arguments {
  /** `--root`, else `CONSTELLATION_ROOT`. */
  readonly root: string | undefined;
  readonly json: boolean;
  /** Replaces what is there. */
  readonly force: boolean;
  readonly passphraseFile: string | undefined;
  /** Of the server to join at: `ADDRESS` or `ADDRESS:PORT`. */
  readonly server: string | undefined;
  /** Where the join token is; absent: on standard input. */
  readonly tokenFile: string | undefined;
  /** What a machine that joins becomes: `host` or `server`. */
  readonly role: string | undefined;
  /** Where other hosts reach this server. */
  readonly address: string | undefined;
  /** Of a new host. */
  readonly name: string | undefined;
  readonly rest: readonly string[];
}

/** Throws `invalid`. */
export function parseArguments(args: readonly string[]): Arguments {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        root: { type: "string" },
        json: { type: "boolean", default: false },
        force: { type: "boolean", default: false },
        "passphrase-file": { type: "string" },
        server: { type: "string" },
        "token-file": { type: "string" },
        address: { type: "string" },
        role: { type: "string" },
        name: { type: "string" },
      },
      allowPositionals: true,
    });
    // The guard has another working folder, and a folder has one name alone.
    const root = values.root ?? process.env.CONSTELLATION_ROOT;
    return {
      root: root ? resolve(root) : undefined,
      json: values.json,
      force: values.force,
      passphraseFile: values["passphrase-file"],
      server: values.server,
      tokenFile: values["token-file"],
      address: values.address,
      role: values.role,
      name: values.name,
      rest: positionals,
    };
  } catch (cause) {
    throw new ConstellationError("invalid", `read the command line: ${(cause as Error).message}`, { cause });
  }
}

import { delimiter } from "node:path";
import { kitFolders, programFolders } from "./programs.ts";

/** Passed on where set. Everything else stays behind: who starts an agent may hold secrets in the environment. */
const passedOn = [
  ...[
    "HOME",
    "LANG",
    "TZ",
    "CONSTELLATION_KIT",
    "CONSTELLATION_LOG",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
  ],
  ...["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"],
];

/** The environment of a guard and its agent; PATH starts with the given folders (default: the kit's). */
export function agentEnvironment(folders: readonly string[] = kitFolders()): Record<string, string> {
  const kept = passedOn.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), PATH: programFolders(folders).join(delimiter) };
}

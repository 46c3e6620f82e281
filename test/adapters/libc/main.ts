/** Runs one check with one implementation, inside a machine: `main.ts CHECK IMPLEMENTATION FOLDER`. */
import * as mounts from "./check-mounts.ts";
import * as network from "./check-network.ts";
import * as processes from "./check-processes.ts";
import { type Check, type ImplementationName, implementations } from "./implementations.ts";

const checks: Readonly<Record<string, Check>> = { ...processes, ...mounts, ...network };
const [, , name = "", implementation = "", folder = ""] = process.argv;
const check = checks[name];
if (!check || !(implementation in implementations)) throw new Error(`no check ${name} ${implementation}`);
const subject = implementations[implementation as ImplementationName]();
await check(subject, folder);
subject.network.close();
subject.conntrack.close();
subject.sockets.close();

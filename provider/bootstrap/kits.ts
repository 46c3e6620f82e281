import { ConstellationError } from "../../contract/index.ts";
import { type HostShell, type Kit, kitArchOf, openKit, removeOlderKits, sendKit } from "../kit/index.ts";
import { limits } from "./limits.ts";
import type { Bootstrap, Kits } from "./types.ts";

const MiB = 1024 ** 2;

async function kitFor(machineName: string, architecture: string): Promise<Kit> {
  const arch = kitArchOf(architecture);
  if (arch !== undefined) return await openKit(arch);
  throw new ConstellationError("host-unfit", `send the kit to ${machineName}: none is for ${architecture}`);
}

/** The kits that were built beside this provider. */
export function builtKits(): Kits {
  return {
    async require(machineName, architecture) {
      return (await kitFor(machineName, architecture)).manifest.version;
    },
    async send({ machine, signal, progress }, architecture) {
      const kit = await kitFor(machine.name, architecture);
      const shell = await shellOf("send the kit to", { machine, signal });
      const { folder } = await sendKit(kit, shell, ({ sentBytes, totalBytes }) =>
        progress(`sending the kit: ${(sentBytes / MiB).toFixed(0)} of ${(totalBytes / MiB).toFixed(0)} MiB`),
      );
      return folder;
    },
    async removeOlder({ machine, signal }, architecture) {
      const kit = await kitFor(machine.name, architecture);
      await removeOlderKits(kit, await shellOf("remove older kits of", { machine, signal }));
    },
  };
}

async function shellOf(
  action: string,
  { machine, signal }: Pick<Bootstrap, "machine" | "signal">,
): Promise<HostShell> {
  const ssh = await machine.login(signal);
  return {
    async run(script, input) {
      const options = { timeoutMs: limits.sendMs, signal, name: "kit", input };
      const { code, stdout, stderr } = await ssh.runAsRoot(script, options);
      if (code === 0) return stdout;
      const said = stderr.trim() || `exit code ${code}`;
      throw new ConstellationError("host-unfit", `${action} ${machine.name}: ${said}`);
    },
  };
}

import { ConstellationError } from "../../contract/index.ts";
import { type Kit, kitArchOf, openKit, sendKit } from "../kit/index.ts";
import { limits } from "./limits.ts";
import type { Kits } from "./types.ts";

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
      await kitFor(machineName, architecture);
    },
    async send({ machine, signal, progress }, architecture) {
      const kit = await kitFor(machine.name, architecture);
      const ssh = await machine.login(signal);
      const shell = {
        run: async (script: string, input: Parameters<typeof ssh.run>[1]["input"]) => {
          const options = { timeoutMs: limits.sendMs, signal, name: "kit", ...(input && { input }) };
          const { code, stdout, stderr } = await ssh.runAsRoot(script, options);
          if (code === 0) return stdout;
          const said = stderr.trim() || `exit code ${code}`;
          throw new ConstellationError("host-unfit", `send the kit to ${machine.name}: ${said}`);
        },
      };
      const { folder } = await sendKit(kit, shell, ({ sentBytes, totalBytes }) =>
        progress(`sending the kit: ${(sentBytes / MiB).toFixed(0)} of ${(totalBytes / MiB).toFixed(0)} MiB`),
      );
      return folder;
    },
  };
}

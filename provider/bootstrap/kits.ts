import { ConstellationError } from "../../contract/index.ts";
import { kitArchOf, openKit, sendKit } from "../kit/index.ts";
import { limits } from "./limits.ts";
import type { Kits } from "./types.ts";

const MiB = 1024 ** 2;

/** The kits that were built beside this provider. */
export function builtKits(): Kits {
  return {
    async send({ machine, signal, progress }, architecture) {
      const arch = kitArchOf(architecture);
      if (arch === undefined)
        throw new ConstellationError(
          "host-unfit",
          `send the kit to ${machine.name}: none is for ${architecture}`,
        );
      const kit = await openKit(arch);
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

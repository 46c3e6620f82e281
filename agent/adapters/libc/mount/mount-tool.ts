import { expectSuccess } from "../spawn/run.ts";
import type { Run } from "../spawn/types.ts";
import { withOverlayOptions } from "./overlay-options.ts";
import type { Mounts } from "./types.ts";

/** The twin of `createMounts` by mount(8) and umount(8). */
export function createMountTool(run: Run): Mounts {
  const mount = async (action: string, ...args: string[]) =>
    void expectSuccess(action, await run(["mount", ...args]));
  const bindReadOnly = (source: string, target: string) =>
    mount(`bind ${source} read-only to ${target}`, "-o", "bind,ro", source, target);
  return {
    async overlay(overlay) {
      const { lowerdirs, writable, target } = overlay;
      const [only] = lowerdirs;
      if (!writable && lowerdirs.length === 1 && only !== undefined) return bindReadOnly(only, target);
      await withOverlayOptions(overlay, (options) =>
        mount(`mount overlay ${target}`, "-t", "overlay", "-o", options, "overlay", target),
      );
    },
    async bind({ source, target, access }) {
      if (access === "read-only") return bindReadOnly(source, target);
      await mount(`bind ${source} to ${target}`, "--bind", source, target);
    },
    async tmpfs({ target, sizeBytes, mode }) {
      const options = `nosuid,nodev,noexec,size=${sizeBytes},mode=${mode.toString(8)}`;
      await mount(`mount tmpfs ${target}`, "-t", "tmpfs", "-o", options, "tmpfs", target);
    },
    async unmount(target) {
      const { code } = await run(["mountpoint", "-q", target]);
      if (code !== 0) return false;
      expectSuccess(`unmount ${target}`, await run(["umount", "--lazy", target]));
      return true;
    },
  };
}

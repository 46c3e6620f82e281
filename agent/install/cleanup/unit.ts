import { existsSync, rmSync } from "node:fs";
import { run } from "../programs.ts";
import { isSystemd, unitFile, unitName } from "../systemd.ts";
import type { CleanupStep } from "../types.ts";

export const unit: CleanupStep = {
  kind: "systemd unit",
  find: async (paths) => (existsSync(unitFile(paths)) ? [unitFile(paths)] : []),
  async remove(file, paths) {
    if (isSystemd()) await run("systemctl", ["disable", "--now", unitName(paths)]);
    rmSync(file);
    if (isSystemd()) await run("systemctl", ["daemon-reload"]);
  },
};

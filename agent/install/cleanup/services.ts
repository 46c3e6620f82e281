import { existsSync } from "node:fs";
import { serviceManagers } from "../managers/index.ts";
import { removeService } from "../service.ts";
import type { CleanupStep } from "../types.ts";

/** Of every kind: the machine may be run by another service manager than at the agent's start. */
export const services: readonly CleanupStep[] = serviceManagers.map((manager) => ({
  kind: manager.kind,
  find: async (paths) => [manager.fileOf(paths)].filter((file) => existsSync(file)),
  remove: async (_, paths) => await removeService(manager, paths),
}));

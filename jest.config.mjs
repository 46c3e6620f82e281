import { existsSync } from "node:fs";
import { join } from "node:path";

const rootDir = import.meta.dirname;
/** @param {readonly string[]} folders */
const present = (folders) => folders.filter((folder) => existsSync(join(rootDir, folder)));

const shared = {
  rootDir,
  testEnvironment: "node",
  testMatch: ["**/*.test.ts"],
  extensionsToTreatAsEsm: [".ts"],
  moduleFileExtensions: ["ts", "mjs", "js", "cjs", "json", "node"],
  transform: { "\\.ts$": "<rootDir>/tools/jest/strip-types.mjs" },
  modulePathIgnorePatterns: ["<rootDir>/dist/", "<rootDir>/sdk/", "<rootDir>/tools/go/"],
};

/**
 * Two projects, run apart with `--selectProjects`: `unit` sits beside the code and is quick;
 * `system` lives in test/, starts real processes and may take its time.
 */
export default {
  testTimeout: 10_000,
  projects: [
    {
      ...shared,
      displayName: "unit",
      roots: present(["agent", "bench", "cli", "contract", "convert", "provider", "tools"]),
    },
    ...(existsSync(join(rootDir, "test"))
      ? [
          {
            ...shared,
            displayName: "system",
            roots: ["test"],
            setupFilesAfterEnv: ["<rootDir>/tools/jest/system-limits.mjs"],
          },
        ]
      : []),
  ],
};

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const source = join(import.meta.dirname, "attacker");

/** Builds the hostile program (see `attacker/main.go`), static, as `FOLDER/attacker`; its path. */
export async function buildAttacker(folder: string): Promise<string> {
  const program = join(folder, "attacker");
  await promisify(execFile)("go", ["build", "-trimpath", "-ldflags=-s -w", "-o", program, "."], {
    cwd: source,
    env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false" },
  });
  return program;
}

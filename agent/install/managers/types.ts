import type { AgentPaths } from "../../../contract/index.ts";

/** What keeps services of a machine running and starts them at boot, as an agent's guard needs it. All but `stop` throw. */
export interface ServiceManager {
  /** What its file is called. */
  readonly kind: string;
  /** Whether it runs this machine; its programs may be there without it. */
  isHere(): boolean;
  fileOf(paths: AgentPaths): string;
  readonly fileMode: number;
  /** The file, for a guard that is started by these words with the environment of `environmentFile`. */
  textOf(paths: AgentPaths, command: readonly string[]): string;
  /** Names of cgroups, of any of its releases, that it makes for the service, and leaves while anything runs there. */
  cgroupsOf(paths: AgentPaths): readonly string[];
  /** What it keeps beside the file of a service that every boot starts; only itself takes it away, where it runs the machine. */
  linkOf(paths: AgentPaths): string;
  /** Has it look at the file again; what runs goes on. */
  reread(): Promise<void>;
  /** Starts the service, now and at every boot. */
  enable(paths: AgentPaths): Promise<void>;
  /** Has every boot start it; what runs goes on. Repeatable. */
  enableAtBoot(paths: AgentPaths): Promise<void>;
  /** Ends it; the next boot starts it. A service that does not exist is fine. */
  stop(paths: AgentPaths): Promise<void>;
  /** Ends it for good. */
  disable(paths: AgentPaths): Promise<void>;
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { agentPaths, type Client } from "../../contract/index.ts";

/** The parts of an OCI config (runtime-spec 1.0) that differ from one container to the next, and what we ask of it. */
export interface OciConfig {
  readonly hostname: string;
  readonly root: object;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly linux: {
    readonly cgroupsPath: string;
    readonly namespaces: readonly { readonly type: string; readonly path?: string }[];
    readonly seccomp?: object;
  };
}

export interface BundlePlace {
  readonly id: string;
  readonly root: string;
  readonly netnsFile: string;
  readonly cgroupsPath: string;
}

/**
 * The first instance's bundle holds the system call filter as a profile, which every runtime reads and compiles. From
 * the second one on the agent gives crun what it compiled of it, as a script that cares for speed would. This is the
 * first one's bundle, whose files are there as long as it runs, with the second one's filter.
 */
export function compiledFilter([first, second]: readonly OciConfig[]): OciConfig {
  if (first === undefined || second === undefined) throw new Error("read the agent's bundles: expected two");
  const { seccomp: profile, ...linux } = first.linux;
  const { annotations } = second;
  if (profile === undefined || annotations === undefined) {
    throw new Error(
      "read the agent's bundles: expected a profile in the first one, a compiled filter in the second",
    );
  }
  return { ...first, annotations, linux };
}

/** The configs of the instances that run now, the oldest first. */
export async function readConfigs(client: Client, agentRoot: string): Promise<OciConfig[]> {
  const instances = (await client.listInstances()).toSorted((one, other) => one.index - other.index);
  const bundles = join(agentPaths(agentRoot).runDir, "runtime", "bundles");
  return instances.map(({ id }) => JSON.parse(readFileSync(join(bundles, id, "config.json"), "utf8")));
}

/** The same container in another place: all else stays as the agent wrote it. */
export function moveBundle<Config extends OciConfig>(config: Config, place: BundlePlace): Config {
  const { id, root, netnsFile, cgroupsPath } = place;
  const namespaces = config.linux.namespaces.map((namespace) =>
    namespace.type === "network" ? { ...namespace, path: netnsFile } : namespace,
  );
  return {
    ...config,
    hostname: id,
    root: { ...config.root, path: root },
    linux: { ...config.linux, cgroupsPath, namespaces },
  };
}

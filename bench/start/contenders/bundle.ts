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

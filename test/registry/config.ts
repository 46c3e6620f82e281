interface Serving {
  /** `127.0.0.1:5000` */
  readonly address: string;
  readonly storage: string;
  readonly tls?: { readonly certificate: string; readonly key: string } | undefined;
  /** As its own configuration writes it; absent: it asks nobody who they are. */
  readonly auth?: object | undefined;
}

/** The configuration of a docker-registry that keeps to itself. JSON is YAML. */
export function registryConfig({ address, storage, tls, auth }: Serving): string {
  return JSON.stringify({
    version: 0.1,
    log: { level: "error", formatter: "text" },
    storage: {
      filesystem: { rootdirectory: storage },
      maintenance: { uploadpurging: { enabled: false } },
    },
    http: { addr: address, ...(tls && { tls }) },
    ...(auth && { auth }),
  });
}

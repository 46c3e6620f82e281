/** How a member is reached by the others: TLS both ways, with the cluster's own CA. */
export interface Peering {
  /** Its name among them. */
  readonly name: string;
  /** IPv4, of this machine. */
  readonly address: string;
  /** Paths of PEM files, which are read anew at every handshake. */
  readonly identity: {
    readonly authority: string;
    readonly certificate: string;
    readonly key: string;
    /** The DNS name that servers' certificates hold, and hosts' do not. */
    readonly serverName: string;
  };
  /** Of the cluster that it is to be part of: `NAME=URL,...`, itself among them. For its first start alone. */
  readonly joins?: string | undefined;
}

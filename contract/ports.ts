/** Ports that a cluster's machines reach each other by. A cluster of one machine opens none of them. */
export const ports = {
  /** TCP, on servers: TLS; hosts join there and keep their sessions. */
  servers: 7443,
  /** TCP, on servers that are several: mTLS; their stores among each other. */
  peers: 7444,
  /** UDP, on all hosts: WireGuard, which answers nobody but the cluster's hosts. */
  wireguard: 7445,
} as const;

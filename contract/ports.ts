/** Ports that a cluster's machines reach each other by. A cluster of one machine opens none of them. */
export const ports = {
  /** TCP, on servers: TLS; hosts join there and keep their sessions. */
  servers: 7443,
} as const;

/** The UDP flows that were sent to a service's address and answered by an instance. */
export interface UdpFlows {
  /** Where the sender sent them: a virtual address or a host's address. */
  readonly originalDestination: string;
  /** The instance they were translated to. */
  readonly replySource: string;
}

export interface Conntrack {
  /**
   * Forgets flows, so that their next packet is balanced anew: a UDP sender that keeps its port would stay with an
   * instance that is gone, until the flow's timeout. Returns how many were forgotten.
   */
  deleteUdpFlows(flows: readonly UdpFlows[]): Promise<number>;
  close(): void;
}

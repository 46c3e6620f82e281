/** A TCP socket of a network namespace. Bytes and times are the kernel's own count. */
export type TcpSocket =
  | { readonly kind: "listening"; readonly port: number }
  | {
      /** Established, or closed by its peer alone, who may still wait for an answer. */
      readonly kind: "connected";
      /** Of this end. */
      readonly port: number;
      /** Both ends are in this namespace. */
      readonly isInside: boolean;
      /** Received, and not read by the program. */
      readonly unreadBytes: number;
      /** Written by the program, and not acknowledged by the peer. */
      readonly unsentBytes: number;
      /** Data ever came, and ever left. */
      readonly hasReceived: boolean;
      readonly hasSent: boolean;
      /** Since data last came; since the connection was made where none did. */
      readonly receivedAgoMs: number;
      /** Since data last left; since the connection was made where none did. */
      readonly sentAgoMs: number;
    };

export interface Sockets {
  /** The TCP sockets of the namespace pinned at a file. Throws AdapterError: ENOENT where there is no such file or the kernel cannot tell. */
  listTcp(netnsFile: string): Promise<TcpSocket[]>;
  close(): void;
}

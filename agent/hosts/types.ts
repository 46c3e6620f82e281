import type { HostWrite, JoinTokenWish, Member } from "../../contract/index.ts";
import type { Clusters } from "../cluster/index.ts";
import type { Authority } from "../identity/index.ts";
import type { Placed, Store } from "../store/index.ts";
import type { JoinAnswer, JoinWish } from "./join.ts";
import type { HostState } from "./liveness.ts";

export interface HostsPorts {
  readonly store: Store;
  readonly clusters: Clusters;
  /** This machine's name. */
  readonly self: string;
  readonly authority: () => Promise<Authority>;
  /** Whether a host answers now. */
  readonly stateOf: (name: string) => HostState;
  /** For how many milliseconds an exclusive instance may go on where it is; undefined for any other. */
  readonly remainingMs: (placed: Placed) => number | undefined;
  /** This machine's own addresses. */
  readonly localAddresses: () => readonly string[];
  /** And its id. */
  readonly machineId: () => string;
  /** How one more server comes to keep the state. */
  readonly serving: ServerPorts;
  readonly now: () => Date;
}

export interface ServerPorts {
  /** Whether others may reach this one's store. */
  isOpen(): boolean;
  /** Lets other servers reach this one's store; may be repeated. */
  open(): Promise<void>;
  /** Throws `taken` where there is no room for one more now. */
  requireRoom(address: string): Promise<void>;
  /** Takes one in, as a learner; what it needs. May be repeated. */
  add(name: string, address: string): Promise<Omit<NonNullable<JoinAnswer["server"]>, "address">>;
}

export interface Hosts {
  /** Where the servers listen, `ADDRESS:PORT`; empty while none has an address. */
  servers(): string[];
  /** Throws `not-found`. */
  get(name: string): Member;
  /** A right to join as this host; throws `invalid` while no server listens, `owned` where the name is somebody else's. */
  makeToken(
    wish: JoinTokenWish,
    by: string,
  ): Promise<{ token: string; expiresAt: string; servers: string[] }>;
  /** Takes a machine in, which others reach at the address it came from, a server where it says. Throws `forbidden` with the reason. */
  join(wish: JoinWish, address: string): Promise<JoinAnswer>;
  /** Changes what is said of it. Throws `not-found`, `invalid` for an address that this machine has not. */
  change(name: string, write: HostWrite): Promise<Member>;
  /** Why a certificate with this serial number is none of this host's (any more). */
  refusalOf(peer: {
    readonly host: string;
    readonly serial: string;
    readonly isServer: boolean;
  }): string | undefined;
  /** The next certificate of a host, for the same key. */
  renew(peer: {
    readonly host: string;
    readonly publicKey: Buffer;
    readonly serial: string;
  }): Promise<string>;
  /**
   * Its record, its placements, what it reported and the token it spent; throws `taken` for a server, and for one that
   * answers unless `isForced`; `busy` while an exclusive instance may still run there, which is given up from then on.
   */
  remove(name: string, isForced: boolean): Promise<void>;
  /** The same for a host that says itself that nothing of it runs any more. */
  leave(name: string): Promise<void>;
  /** The same, whatever it is and whether it answers. Throws `not-found`, and `busy` as above. */
  forget(name: string): Promise<void>;
}

import { Etcd3 } from "etcd3";

type WatchClient = Etcd3["watchClient"];
type Options = NonNullable<ConstructorParameters<typeof Etcd3>[0]>;
type Policy = NonNullable<NonNullable<Options["faultHandling"]>["global"]>;

export const limits = {
  callTimeoutMs: 5_000,
  /** The largest answer read: a page of the largest documents. */
  messageBytes: 64 * 1024 * 1024,
  reconnectMs: 100,
} as const;

/** etcd3's own retries and circuit breaker are off: the store knows what may be repeated, and breakers slow recovery. */
const once: Policy = {
  _altReturn: undefined as never,
  onSuccess: () => ({ dispose: () => undefined }),
  onFailure: () => ({ dispose: () => undefined }),
  execute: async (call) => call({ signal: AbortSignal.timeout(limits.callTimeoutMs * 2) }),
};

/** The client, opened just far enough to watch with our own reconnecting: its watcher drops the compaction's revision. */
export class Client extends Etcd3 {
  constructor(socket: string) {
    super({
      hosts: `unix:${socket}`,
      faultHandling: { global: once, host: () => once },
      defaultCallOptions: (context) =>
        context.isStream ? {} : { deadline: Date.now() + limits.callTimeoutMs },
      grpcOptions: {
        "grpc.max_receive_message_length": limits.messageBytes,
        "grpc.initial_reconnect_backoff_ms": limits.reconnectMs,
        "grpc.max_reconnect_backoff_ms": 1_000,
        // Behind a unix socket there is no name to check; grpc-js would send the path as the authority.
        "grpc.default_authority": "localhost",
      },
    });
  }

  openWatch(): ReturnType<WatchClient["watch"]> {
    return this.watchClient.watch();
  }
}

import grpc from "@grpc/grpc-js";
import { type EngineClient, engineProtocol } from "./protocol.ts";

/** Status lines are sent at most this often, milliseconds; the newest wins. */
const statusEveryMs = 100;

/** Lines on the engine's display. Losing one is no failure; none of them fails an update. */
export interface EngineLog {
  /** @param address host:port of the engine; another one takes over from the one before. */
  connect(address: string): void;
  /** The engine's address; empty before `connect`. */
  address(): string;
  /** Replaces the resource's status line. */
  status(urn: string, message: string): void;
  info(urn: string, message: string): void;
  warn(urn: string, message: string): void;
}

export function createEngineLog(): EngineLog {
  let engine: EngineClient | undefined;
  let engineAddress = "";
  const pending = new Map<string, string>();
  const shown = new Map<string, string>();
  let timer: NodeJS.Timeout | undefined;
  const { LogRequest, LogSeverity } = engineProtocol;

  const send = (urn: string, message: string, severity: number, ephemeral: boolean) => {
    const request = new LogRequest();
    request.setSeverity(severity as never);
    request.setMessage(message);
    request.setUrn(urn);
    request.setEphemeral(ephemeral);
    engine?.log(request, () => {
      // The display is gone or busy: the work goes on without it.
    });
  };
  const flush = () => {
    timer = undefined;
    for (const [urn, message] of pending) {
      if (shown.get(urn) !== message) send(urn, message, LogSeverity.INFO, true);
      shown.set(urn, message);
    }
    pending.clear();
  };
  return {
    connect(address) {
      if (address === engineAddress || address === "") return;
      engine?.close();
      shown.clear();
      engineAddress = address;
      engine = new engineProtocol.EngineClient(address, grpc.credentials.createInsecure());
    },
    address: () => engineAddress,
    status(urn, message) {
      pending.set(urn, message);
      if (timer === undefined) timer = setTimeout(flush, statusEveryMs);
    },
    info: (urn, message) => send(urn, message, LogSeverity.INFO, false),
    warn: (urn, message) => send(urn, message, LogSeverity.WARNING, false),
  };
}

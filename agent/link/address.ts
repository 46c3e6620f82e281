import { isIPv6 } from "node:net";
import { ConstellationError, ports } from "../../contract/index.ts";

export interface Place {
  readonly host: string;
  readonly port: number;
}

/** `ADDRESS` or `ADDRESS:PORT`; an IPv6 address that is followed by a port stands in brackets. Throws `invalid`. */
export function placeOf(text: string): Place {
  if (isIPv6(text)) return { host: text, port: ports.servers };
  const [, bracketed, plain, number = String(ports.servers)] =
    /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(number);
  const isGood = host !== undefined && (bracketed === undefined || isIPv6(bracketed));
  if (isGood && port > 0 && port < 65_536) return { host, port };
  throw new ConstellationError(
    "invalid",
    `connect to ${text}: it is no address; write ADDRESS or ADDRESS:PORT, an IPv6 address with a port as [ADDRESS]:PORT`,
  );
}

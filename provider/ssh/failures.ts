import { ConstellationError } from "../../contract/index.ts";
import type { Login } from "./types.ts";

/** An error of ssh2 or of the socket below it. */
export interface ConnectFailure extends Error {
  readonly code?: string | number;
  readonly level?: string;
}

export function whereOf({ address, port }: Pick<Login, "address" | "port">): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}

/** Why there is no connection, by code. @param tried names of the ways to log in that were tried. */
export function unconnected(
  error: ConnectFailure,
  login: Login,
  tried: readonly string[],
): ConstellationError {
  const where = whereOf(login);
  const unreachable = (reason: string) =>
    new ConstellationError("unreachable", `connect to ${where}: ${reason}`, { cause: error });
  if (error.level === "client-authentication") {
    const ways = [...new Set(tried)].join(", ") || "nothing";
    return new ConstellationError(
      "login-denied",
      `log in to ${where} as ${login.user}: refused; tried ${ways}; check the user, and that its authorized_keys or password fit`,
      { cause: error },
    );
  }
  switch (error.code) {
    case "ECONNREFUSED":
      return unreachable("nobody listens there; start sshd, or correct the port");
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return unreachable("the name is not known here; correct the address");
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return unreachable("no answer; is it switched on, and does a firewall let us through?");
    default:
  }
  if (error.level === "client-timeout")
    return unreachable("no answer in time; is it switched on, and does a firewall let us through?");
  return unreachable(`${error.message}; is that an SSH server?`);
}

/** The connection went away under something that needed it. */
export function lost(action: string, name: string): ConstellationError {
  return new ConstellationError(
    "unreachable",
    `${action}: the connection to ${name} was lost; see whether the machine is up, then run it again`,
  );
}

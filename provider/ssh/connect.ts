import type { Duplex } from "node:stream";
import type { AnyAuthMethod, AuthenticationType, Client } from "ssh2";
import { ConstellationError } from "../../contract/index.ts";
import { type ConnectFailure, unconnected, whereOf } from "./failures.ts";
import { algorithmsFor, type Expected, judgeHostKey, textOf } from "./host-keys.ts";
import { limits } from "./limits.ts";
import { methodsOf } from "./methods.ts";
import { placesOf } from "./places.ts";
import { createSession } from "./session.ts";
import type { ConnectOptions, Login, Ssh, Target } from "./types.ts";

/**
 * Logs in, through the jump hosts. Throws `unreachable`, `login-denied` with the ways that were tried,
 * `host-key-changed` with both fingerprints, `invalid` for a key that cannot be read, `cancelled`.
 */
export async function connect(target: Target, options: ConnectOptions = {}): Promise<Ssh> {
  // Only here: most runs of a provider have no machine elsewhere.
  const { default: library } = await import("ssh2");
  const hops: readonly Login[] = [...(target.jump ?? []), target];
  const places = placesOf(target);
  const opened: Client[] = [];
  const seen: Record<string, string> = {};
  const close = () => opened.reverse().forEach((client) => void client.end());
  try {
    for (const [index, login] of hops.entries()) {
      const before = opened.at(-1);
      const way = before && (await forward(before, hops[index - 1] as Login, login, options.signal));
      const client = new library.Client();
      opened.push(client);
      const methods = methodsOf(login, options.agentSocket, library.utils.parseKey as never);
      const field = index < hops.length - 1 ? `jump[${index}].hostKey` : "hostKey";
      const place = places[index] as string;
      const expected = expectedOf(login, options.known?.[place], field);
      seen[place] = await logIn(client, login, { methods, expected, way, signal: options.signal });
    }
  } catch (error) {
    close();
    throw error;
  }
  return createSession(opened.at(-1) as Client, target, { hostKeys: seen, close });
}

function expectedOf(login: Login, recorded: string | undefined, field: string): Expected | undefined {
  if (login.hostKey !== undefined)
    return { key: login.hostKey, from: login.isKeyRecorded ? "recorded" : "pinned", field };
  return recorded === undefined ? undefined : { key: recorded, from: "recorded", field };
}

interface Attempt {
  readonly methods: ReturnType<typeof methodsOf>;
  readonly expected: Expected | undefined;
  /** Through the jump host before it. */
  readonly way: Duplex | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Resolves with the machine's host key. */
function logIn(client: Client, login: Login, attempt: Attempt): Promise<string> {
  const { methods, expected, way, signal } = attempt;
  return new Promise((resolve, reject) => {
    const tried: string[] = [];
    let hostKey = "";
    let refusal: ConstellationError | undefined;
    const give = () => fail(cancelled(login));
    const settle = (act: () => void) => {
      signal?.removeEventListener("abort", give);
      act();
    };
    const fail = (error: Error) =>
      settle(() => {
        client.end();
        reject(error);
      });
    const untried = [...methods];
    const next = (left: readonly AuthenticationType[] | null): AnyAuthMethod | false => {
      const method = untried.shift();
      if (method === undefined) return false;
      if (left !== null && !left.includes(overTheWire(method.auth.type))) return next(left);
      tried.push(method.name);
      return method.auth;
    };
    client.on("ready", () => settle(() => resolve(hostKey)));
    client.on("error", (error: ConnectFailure) => {
      if (error.level === "agent") return; // one of its keys: the others are still to be tried
      fail(refusal ?? unconnected(error, login, tried));
    });
    client.on("close", () =>
      fail(refusal ?? unconnected(new Error("it closed the connection"), login, tried)),
    );
    if (signal?.aborted) return give();
    signal?.addEventListener("abort", give, { once: true });
    client.connect({
      host: login.address,
      port: login.port,
      username: login.user,
      ...(way ? { sock: way } : {}),
      readyTimeout: limits.connectMs,
      keepaliveInterval: limits.keepAliveMs,
      keepaliveCountMax: limits.keepAlives,
      algorithms: { serverHostKey: algorithmsFor(expected) },
      hostVerifier: (blob: Buffer) => {
        hostKey = textOf(blob);
        refusal = judgeHostKey(hostKey, expected, whereOf(login));
        return refusal === undefined;
      },
      authHandler: (left, _partial, answer) => answer(next(left) as AnyAuthMethod),
    });
  });
}

function overTheWire(type: AuthenticationType | "agent"): AuthenticationType {
  return type === "agent" ? "publickey" : type;
}

/** The jump host's sshd may wait for minutes where nobody answers it. */
function forward(client: Client, from: Login, to: Login, signal?: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", give);
      act();
    };
    const give = () => settle(() => reject(cancelled(to)));
    const unreachable = (reason: string, cause?: Error) => {
      const message = `connect to ${whereOf(to)}: the jump host ${whereOf(from)} does not get there (${reason}); does its sshd allow TCP forwarding?`;
      settle(() => reject(new ConstellationError("unreachable", message, { cause })));
    };
    const timer = setTimeout(() => unreachable("no answer in time"), limits.connectMs);
    if (signal?.aborted) return give();
    signal?.addEventListener("abort", give, { once: true });
    client.forwardOut("127.0.0.1", 0, to.address, to.port, (error, stream) => {
      if (error === undefined) return settle(() => resolve(stream));
      unreachable(error.message, error);
    });
  });
}

function cancelled(login: Login): ConstellationError {
  return new ConstellationError("cancelled", `connect to ${whereOf(login)}: cancelled`);
}

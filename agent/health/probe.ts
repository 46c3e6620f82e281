import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { ConstellationError } from "../../contract/index.ts";
import type { Probe, ProbeAction, ProbePlan, ProbeResult, RunInside } from "./types.ts";

/** Descriptors, memory, process ids, ports to call from: what the agent lacks is not the instance's fault. */
const ownWants: ReadonlySet<string> = new Set([
  "EMFILE",
  "ENFILE",
  "ENOMEM",
  "ENOBUFS",
  "EAGAIN",
  "EADDRNOTAVAIL",
]);

/** Probes of the instance at `address`, from the host's own network. */
export function createProbe(address: string, runInside: RunInside): Probe {
  return async (plan, signal) => {
    // By hand: AbortSignal.any and AbortSignal.timeout cost as much as the rest of a probe.
    const limit = new AbortController();
    const end = () => limit.abort();
    const timer = setTimeout(end, plan.timeoutMs);
    signal.addEventListener("abort", end, { once: true });
    try {
      signal.throwIfAborted();
      return await run(plan.action, address, runInside, limit.signal);
    } catch (error) {
      signal.throwIfAborted();
      const want = errnoOf(error);
      if (ownWants.has(want) && !limit.signal.aborted)
        return { untried: `${describe(plan.action)} could not be tried: ${want} on this machine` };
      return { ok: false, reason: `${describe(plan.action)} ${explain(error, plan, limit.signal)}` };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
    }
  };
}

function run(
  action: ProbeAction,
  address: string,
  runInside: RunInside,
  signal: AbortSignal,
): Promise<ProbeResult> {
  switch (action.kind) {
    case "http":
      return probeHttp(action, address, signal);
    case "tcp":
      return probeTcp(action.port, address, signal);
    case "exec":
      return runInside(action.command, signal).then((code) =>
        code === 0 ? { ok: true } : { ok: false, reason: `${describe(action)} exited with code ${code}` },
      );
  }
}

/** 200 to 399 is healthy; the body is not read. */
function probeHttp(
  action: ProbeAction & { kind: "http" },
  host: string,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const { scheme, port, path, headers } = action;
  const send = scheme === "https" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send({
      ...{ host, port, path, signal, agent: false, rejectUnauthorized: false },
      headers: { "user-agent": "constellation-probe", connection: "close", ...headers },
    });
    request.once("error", reject);
    request.once("response", (response) => {
      const status = response.statusCode ?? 0;
      response.destroy();
      const ok = status >= 200 && status < 400;
      resolve(ok ? { ok } : { ok, reason: `${describe(action)} answered ${status}` });
    });
    request.end();
  });
}

function probeTcp(port: number, host: string, signal: AbortSignal): Promise<ProbeResult> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host, signal });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.destroy();
      resolve({ ok: true });
    });
  });
}

function describe(action: ProbeAction): string {
  switch (action.kind) {
    case "http":
      return `GET :${action.port}${action.path}`;
    case "tcp":
      return `connection to port ${action.port}`;
    case "exec":
      // The first word alone: arguments may be secret.
      return `command ${action.command[0]}`;
  }
}

function explain(error: unknown, plan: ProbePlan, limit: AbortSignal): string {
  if (limit.aborted) return `took longer than ${plan.timeoutMs} ms`;
  if (error instanceof ConstellationError) return `cannot run: ${error.message}`;
  const code = errnoOf(error);
  if (code === "ECONNREFUSED") return "was refused: nothing listens there";
  return `failed: ${code || (error instanceof Error ? error.message : String(error))}`;
}

function errnoOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

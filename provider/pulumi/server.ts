import grpc from "@grpc/grpc-js";
import { ConstellationError, errorTable } from "../../contract/index.ts";
import { NotReady } from "../engine/index.ts";
import { check } from "./check.ts";
import { checkConfig, configure, diffConfig } from "./configure.ts";
import { construct } from "./construct.ts";
import { create } from "./create.ts";
import { deleteResource } from "./delete.ts";
import { diff } from "./diff.ts";
import { attach, cancel, getMapping, getMappings, getPluginInfo, getSchema, handshake } from "./handshake.ts";
import { invoke } from "./invoke.ts";
import { Any, protocol } from "./protocol.ts";
import { markSecrets, type Provider, stateOf, subjectOf } from "./provider.ts";
import { read } from "./read.ts";
import { update } from "./update.ts";
import { close } from "./wire.ts";

/** Every call of `pulumirpc.ResourceProvider` that this provider answers, by its protocol name. */
const calls = {
  handshake,
  attach,
  getPluginInfo,
  getSchema,
  getMapping,
  getMappings,
  checkConfig,
  diffConfig,
  configure,
  check,
  diff,
  create,
  read,
  update,
  delete: deleteResource,
  invoke,
  construct,
  cancel,
} as const satisfies Record<string, (request: never, provider: Provider) => unknown>;

/** Large programs send large maps. */
const messageBytes = 400 * 1024 * 1024;

/**
 * Serves the protocol on a free port of 127.0.0.1 and resolves to it.
 * Failures carry a code that tells the engine its state is sound; one that is created but not as wanted carries
 * `ErrorResourceInitFailed`, so that the next update heals it.
 */
export function serve(provider: Provider): Promise<number> {
  const server = new grpc.Server({
    "grpc.max_receive_message_length": messageBytes,
    "grpc.max_send_message_length": messageBytes,
  });
  server.addService(protocol.ResourceProviderService, handlers(provider));
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
}

function handlers(provider: Provider): grpc.UntypedServiceImplementation {
  const handle =
    (call: (request: never, provider: Provider) => unknown): grpc.handleUnaryCall<unknown, unknown> =>
    async ({ request }, answer) => {
      try {
        answer(null, await call(request as never, provider));
      } catch (error) {
        answer(failureOf(error, request as { getUrn?(): string }, provider));
      }
    };
  return Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, handle(call)]));
}

function failureOf(
  error: unknown,
  request: { getUrn?(): string },
  provider: Provider,
): Partial<grpc.StatusObject> {
  if (error instanceof NotReady) return initFailure(error, request.getUrn?.() ?? "", provider);
  if (error instanceof ConstellationError) {
    const untold = error.violations.filter(({ reason }) => !error.message.includes(reason));
    const details = untold.map(({ path, reason }) => `\n    ${path}: ${reason}`).join("");
    return { code: errorTable[error.code].grpc, details: error.message + details };
  }
  const { stack, message } = error as Error;
  process.stderr.write(`${stack ?? message}\n`);
  return {
    code: errorTable.bug.grpc,
    details: `serve the engine: ${message}; this is a bug of the provider, its stack is in the plugin's log`,
  };
}

/** Packs what exists, with why it is not ready, into the status' details (google.rpc.Status). */
function initFailure(
  { stored, reasons }: NotReady,
  urn: string,
  provider: Provider,
): Partial<grpc.StatusObject> {
  const { resource } = subjectOf(urn, provider);
  const failure = new protocol.ErrorResourceInitFailed();
  failure.setId(stored.id);
  failure.setInputs(close(markSecrets(stored.inputs, resource)));
  failure.setProperties(stateOf(stored, resource));
  failure.setReasonsList([...reasons]);
  const detail = new Any();
  detail.pack(failure.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const message = reasons[0] ?? "not ready";
  const status = new protocol.Status();
  status.setCode(grpc.status.UNKNOWN);
  status.setMessage(message);
  status.addDetails(detail);
  const metadata = new grpc.Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return { code: grpc.status.UNKNOWN, details: message, metadata };
}

/**
 * The least that can answer an engine for our package: same name, same schema, nothing behind it. What a run costs with
 * it is the engine's, the language host's and the protocol's own price. Bundled and started like ours.
 */
import { readFileSync } from "node:fs";
import grpc from "@grpc/grpc-js";
import pluginProtocol from "@pulumi/pulumi/proto/plugin_pb.js";
import service from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import protocol from "@pulumi/pulumi/proto/provider_pb.js";
import emptyProtocol from "google-protobuf/google/protobuf/empty_pb.js";
import structProtocol from "google-protobuf/google/protobuf/struct_pb.js";

const { Empty } = emptyProtocol;
const { Struct } = structProtocol;
type StructMessage = InstanceType<typeof Struct>;

const schemaFile = process.env.BENCH_SCHEMA ?? "";

/** Answers of calls by their protocol names; what is not here is unimplemented, and engines go on without. */
const calls = {
  getPluginInfo: () => {
    const info = new pluginProtocol.PluginInfo();
    info.setVersion("0.1.0");
    return info;
  },
  getSchema: () => {
    const response = new protocol.GetSchemaResponse();
    response.setSchema(readFileSync(schemaFile, "utf8"));
    return response;
  },
  checkConfig: checked,
  diffConfig: () => new protocol.DiffResponse(),
  configure: () => {
    const response = new protocol.ConfigureResponse();
    response.setAcceptsecrets(true);
    response.setAcceptresources(true);
    response.setAcceptoutputs(true);
    response.setSupportspreview(true);
    return response;
  },
  check: checked,
  diff: () => {
    const response = new protocol.DiffResponse();
    response.setChanges(protocol.DiffResponse.DiffChanges.DIFF_NONE);
    return response;
  },
  create: (request: { getUrn(): string; getProperties(): StructMessage | undefined }) => {
    const response = new protocol.CreateResponse();
    response.setId(request.getUrn().split("::").at(-1) ?? "");
    const inputs = request.getProperties()?.toJavaScript() ?? {};
    response.setProperties(Struct.fromJavaScript({ ...inputs, access: "none" }));
    return response;
  },
  delete: () => new Empty(),
  cancel: () => new Empty(),
};

function checked(request: { getNews(): StructMessage | undefined }) {
  const response = new protocol.CheckResponse();
  response.setInputs(request.getNews());
  return response;
}

const handlers = Object.entries(calls).map(([name, call]) => {
  const handle: grpc.handleUnaryCall<never, unknown> = ({ request }, answer) => answer(null, call(request));
  return [name, handle];
});
const server = new grpc.Server();
server.addService(service.ResourceProviderService, Object.fromEntries(handlers));
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`${port}\n`);
});

/** The stubs of the engine's protocol, shipped inside the Pulumi SDK as CommonJS. This file alone knows that. */

import engineGrpc from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engine from "@pulumi/pulumi/proto/engine_pb.js";
import errors from "@pulumi/pulumi/proto/errors_pb.js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import service from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import status from "@pulumi/pulumi/proto/status_pb.js";
import anyPb from "google-protobuf/google/protobuf/any_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import structPb from "google-protobuf/google/protobuf/struct_pb.js";

export const protocol = { ...provider, ...plugin, ...errors, ...status, ...service };
export const engineProtocol = { ...engine, ...engineGrpc };
export const { Struct } = structPb;
export const { Empty } = emptyPb;
export const { Any } = anyPb;

export type { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb.js";
export type * from "@pulumi/pulumi/proto/provider_pb.js";
export type { Empty as EmptyMessage } from "google-protobuf/google/protobuf/empty_pb.js";
export type { Struct as StructMessage } from "google-protobuf/google/protobuf/struct_pb.js";

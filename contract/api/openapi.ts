import * as z from "zod";
import {
  cluster,
  document,
  event,
  host,
  info,
  instance,
  member,
  owner,
  serviceStatus,
} from "../documents.ts";
import { errorTable } from "../errors.ts";
import { resources } from "../resources/index.ts";
import { type JsonSchema, type NamedSchemas, objectSchema } from "./field-schema.ts";
import { documentWrite, headerDocs, logLine, type Route, routes } from "./routes.ts";

/** Shapes that other shapes refer to by name. */
const shapes: Readonly<Record<string, z.ZodType>> = {
  ClusterRecord: cluster,
  Document: document,
  DocumentWrite: documentWrite,
  Event: event,
  Host: host,
  Info: info,
  Instance: instance,
  LogLine: logLine,
  Member: member,
  Owner: owner,
  ServiceStatus: serviceStatus,
};

const errorSchema: JsonSchema = {
  type: "object",
  properties: {
    error: {
      type: "object",
      properties: {
        code: { type: "string", enum: Object.keys(errorTable) },
        message: { type: "string", description: "What failed, why, and what to do." },
        violations: {
          type: "array",
          items: {
            type: "object",
            properties: {
              path: { type: "string", description: "The field: `ports[0].publish`." },
              reason: { type: "string" },
            },
            required: ["path", "reason"],
          },
        },
      },
      required: ["code", "message", "violations"],
    },
  },
  required: ["error"],
};

const framings = {
  json: "application/json",
  events: "text/event-stream",
  ndjson: "application/x-ndjson",
} as const;

const reference = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

/** The agent's API as an OpenAPI 3.1 document, a pure function of the contract: equal for equal contracts. */
export function openapi(): JsonSchema {
  const convert = converter();
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const [name, route] of Object.entries<Route>(routes)) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(name, route, convert) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Constellation agent",
      version: "1",
      description: "Served on the agent's unix socket. Unknown fields are refused.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [
      { url: "http://localhost", description: "Over the unix socket; the host's name does not matter." },
    ],
    paths,
    components: { schemas: components(convert) },
  };
}

interface Convert {
  /** A body's schema; a shape that has a name becomes a reference. */
  body(schema: z.ZodType): JsonSchema;
  /** What a parameter's text must read as. */
  parameter(schema: z.ZodType): JsonSchema;
  /** A named shape's own schema. */
  shape(name: string): JsonSchema;
}

function converter(): Convert {
  const metadata = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(shapes)) metadata.add(schema, { id });
  const convert = (schema: z.ZodType, io: "input" | "output") => {
    const {
      $schema: _,
      $defs = {},
      id: __,
      ...json
    } = z.toJSONSchema(schema, { metadata, io, unrepresentable: "any", override: withDescription });
    return { json: withReferences(json) as JsonSchema, $defs };
  };
  return {
    body: (schema) => {
      const id = metadata.get(schema)?.id;
      return id === undefined ? convert(schema, "input").json : reference(id);
    },
    parameter: (schema) => convert(schema, "output").json,
    shape: (name) => {
      const { json, $defs } = convert(shapes[name] as z.ZodType, "input");
      const { id: _, ...own } = ($defs[name] ?? json) as JsonSchema;
      return withReferences(own) as JsonSchema;
    },
  };
}

/** Descriptions are in zod's own registry, names in ours. */
function withDescription({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: z.core.$ZodType;
  jsonSchema: { description?: string };
}) {
  const { description } = z.globalRegistry.get(zodSchema) ?? {};
  if (description !== undefined) jsonSchema.description ??= description;
}

function withReferences(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(withReferences);
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) =>
      key === "$ref"
        ? [key, String(value).replace("#/$defs/", "#/components/schemas/")]
        : [key, withReferences(value)],
    ),
  );
}

function components(convert: Convert): Record<string, JsonSchema> {
  const named: NamedSchemas = { found: new Map() };
  const inputs = Object.values(resources).map((resource): [string, JsonSchema] => [
    `${resource.kind}Inputs`,
    { description: resource.doc, ...objectSchema(resource.fields.inputs, named) },
  ]);
  const records = Object.keys(shapes).map((name): [string, JsonSchema] => [name, convert.shape(name)]);
  const all = new Map([...records, ["Error", errorSchema] as const, ...inputs, ...named.found]);
  all.set("DocumentWrite", { ...all.get("DocumentWrite"), ...documentWriteSchema() });
  return Object.fromEntries([...all].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Narrower than zod knows: the kind in the path tells which of them it is. */
function documentWriteSchema(): JsonSchema {
  const inputs = documentKinds().map((resource) => reference(`${resource.kind}Inputs`));
  return { properties: { owner: reference("Owner"), inputs: { anyOf: inputs } } };
}

function documentKinds() {
  return Object.values(resources).filter((resource) => resource.namespaced);
}

function operation(name: string, route: Route, convert: Convert): JsonSchema {
  const parameters = [
    ...parametersOf("path", route.params, convert),
    ...parametersOf("query", route.query, convert),
    ...(route.headers ?? []).map((header) => ({
      name: header,
      in: "header",
      required: false,
      description: headerDocs[header],
      schema: { type: "string", ...(header === "Last-Event-ID" && { pattern: "^[0-9]{0,15}$" }) },
    })),
  ];
  return {
    operationId: name,
    summary: route.summary,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...requestBody(route, convert),
    responses: {
      ...answerOf(route, convert),
      default: {
        description: "What went wrong; the status tells the code's class.",
        content: { "application/json": { schema: reference("Error") } },
      },
    },
  };
}

function parametersOf(
  place: "path" | "query",
  shape: z.ZodObject | undefined,
  convert: Convert,
): JsonSchema[] {
  return Object.entries(shape?.shape ?? {}).map(([name, schema]) => {
    const { description, ...json } = convert.parameter(schema as z.ZodType);
    const required = place === "path" || !(schema as z.ZodType).safeParse(undefined).success;
    const kinds = name === "plural" ? { enum: documentKinds().map(({ plural }) => plural) } : {};
    return {
      name,
      in: place,
      required,
      ...(description ? { description } : {}),
      schema: { ...json, ...kinds },
    };
  });
}

function requestBody(route: Route, convert: Convert): JsonSchema {
  if (route.rawBody) {
    return { requestBody: { required: true, content: { "application/octet-stream": { schema: {} } } } };
  }
  if (route.body === undefined) return {};
  return {
    requestBody: { required: true, content: { "application/json": { schema: convert.body(route.body) } } },
  };
}

/** One event of a stream, as HTML's section on server-sent events takes it apart. */
function serverSentEvent(data: JsonSchema): JsonSchema {
  return {
    type: "object",
    properties: {
      id: { type: "string", description: "For `Last-Event-ID`." },
      event: { type: "string", description: "The data's `type`." },
      data: { type: "string", contentMediaType: "application/json", contentSchema: data },
    },
    required: ["id", "event", "data"],
  };
}

function answerOf({ framing, answer }: Route, convert: Convert): JsonSchema {
  if (framing === "empty") return { 204: { description: "Done." } };
  if (framing === "websocket") return { 101: { description: "Goes on as a WebSocket." } };
  const whole = answer === undefined ? { type: "object" } : convert.body(answer);
  const schema = framing === "events" ? serverSentEvent(whole) : whole;
  const description =
    framing === "json" ? "The answer." : framing === "events" ? "Each event." : "Each line.";
  const headers =
    answer === document
      ? {
          headers: {
            ETag: { description: "The document's place in the store's history.", schema: { type: "string" } },
          },
        }
      : {};
  return { 200: { description, ...headers, content: { [framings[framing]]: { schema } } } };
}

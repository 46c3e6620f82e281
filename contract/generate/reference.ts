import type * as z from "zod";
import { headerDocs, type Route, routes } from "../api/routes.ts";
import { errorTable } from "../errors.ts";
import { keptFiles } from "../files.ts";
import { limitDocs, limits } from "../limits.ts";
import { commonInputs, commonOutputs } from "../model/common.ts";
import type { Resource } from "../model/resource.ts";
import { agentPaths } from "../paths.ts";
import { components } from "../resources/components.ts";
import { functions } from "../resources/functions.ts";
import { resources } from "../resources/index.ts";
import { code, page, table } from "./markdown.ts";
import { fieldTables, outputTables } from "./reference-fields.ts";

/** The reference's pages by file name. */
export function reference(): ReadonlyMap<string, string> {
  return new Map([
    ["README.md", contents()],
    ...Object.values<Resource>(resources).map(
      (resource) => [`${resource.kind.toLowerCase()}.md`, resourcePage(resource)] as const,
    ),
    ["components.md", componentsPage()],
    ["functions.md", functionsPage()],
    ["api.md", apiPage()],
    ["errors.md", errorsPage()],
    ["files.md", filesPage()],
    ["limits.md", limitsPage()],
  ]);
}

function contents(): string {
  const kinds = Object.values<Resource>(resources).map(
    ({ kind, doc }) => `- [${kind}](${kind.toLowerCase()}.md): ${doc}`,
  );
  return page(
    "Reference",
    "Resources of a program:",
    kinds.join("\n"),
    "Beside them:",
    [
      "- [Components](components.md): resources made of other resources.",
      "- [Functions](functions.md): live facts, asked for by a program.",
      "- [The agent's API](api.md), also as [OpenAPI](openapi.json).",
      "- [Error codes](errors.md), [limits](limits.md), and [files on a machine](files.md).",
    ].join("\n"),
    "Durations are written like `30s` or `1m30s`, quantities like `256Mi` or `1G`, file modes as octal digits like `0644`; two spellings of one value are no change. Wherever a field has a default, leaving it out means the default.",
  );
}

function resourcePage(resource: Resource): string {
  const own = new Set(resource.fields.inputs.map((field) => field.key));
  const alsoReplacing = resource.replaceWhenChanged.filter((key) => !own.has(key));
  return page(
    resource.kind,
    resource.doc,
    `Type \`${resource.token}\`; in the agent's API \`${resource.plural}\`.`,
    "## Inputs",
    fieldTables(resource.fields.inputs, { replacing: resource.replaceWhenChanged }),
    "## Common inputs",
    fieldTables(commonInputs(resource), { replacing: alsoReplacing }),
    "## Outputs",
    outputTables([...commonOutputs(resource), ...resource.fields.stable, ...resource.fields.revised]),
    "Outputs beside the inputs. What changes by itself, like health and the instances, is never among them: ask a [function](functions.md) or the [API](api.md).",
  );
}

function componentsPage(): string {
  const sections = Object.entries(components).flatMap(([name, { token, doc, inputs, outputs }]) => [
    `## ${name}`,
    doc,
    `Type \`${token}\`.`,
    fieldTables(inputs, { elsewhere: { ServiceSpec: "service.md" } }),
    "Outputs:",
    outputTables(outputs),
  ]);
  return page("Components", "Resources made of other resources.", ...sections);
}

function functionsPage(): string {
  const sections = Object.entries(functions).flatMap(([name, { token, doc, inputs, outputs }]) => [
    `## ${name}`,
    doc,
    `Type \`${token}\`.`,
    fieldTables(inputs),
    "It answers:",
    outputTables(outputs),
  ]);
  return page("Functions", "Live facts never enter an engine's state: a program asks for them.", ...sections);
}

const framings = {
  json: "JSON",
  events: "Server-Sent Events, one JSON object each",
  ndjson: "JSON, one object a line",
  websocket: "a WebSocket",
  empty: "nothing",
} as const;

function apiPage(): string {
  const sections = Object.entries<Route>(routes).flatMap(([name, route]) => [
    `## ${name}`,
    `\`${route.method} ${route.path}\` answers ${framings[route.framing]}.`,
    route.summary,
    table(
      ["parameter", "in", "about"],
      [
        ...parameterRows("path", route.params),
        ...parameterRows("query", route.query),
        ...(route.headers ?? []).map((header) => [code(header), "header", headerDocs[header]]),
        ...(route.body === undefined ? [] : [["", "body", "JSON; see [OpenAPI](openapi.json)."]]),
        ...(route.rawBody ? [["", "body", "Bytes."]] : []),
      ],
    ),
  ]);
  return page(
    "The agent's API",
    "HTTP over the agent's unix socket, for instance `curl --unix-socket /run/constellation/agent.sock http://localhost/v1/info`. Shapes are in [openapi.json](openapi.json), which the agent also serves.",
    'A request with a field that nobody knows is refused. An error is `{"error": {"code", "message", "violations"}}` with the status of its [code](errors.md).',
    'A secret leaf is written as `{"$secret": {"value": "..."}}` and answered as `{"$secret": {"digest": "..."}}`; writing the digest back leaves it as it is.',
    ...sections,
    "## Frames of exec",
    'Binary messages carry bytes after one byte that names the channel: 0 standard input, 1 standard output, 2 standard error. Text messages are JSON. A client sends `{"resize":{"columns":80,"rows":24}}` and `{"stdin":"eof"}`; the agent ends with `{"exit":{"code":0}}` or `{"error":{"code":"...","message":"..."}}`.',
  );
}

function parameterRows(place: string, shape: z.ZodObject | undefined): string[][] {
  return Object.entries(shape?.shape ?? {}).map(([key, schema]) => [
    code(key),
    place,
    (schema as z.ZodType).description ?? "",
  ]);
}

function errorsPage(): string {
  const rows = Object.entries(errorTable).map(([name, { http, grpc, retryable, doc }]) => [
    code(name),
    doc,
    String(http),
    String(grpc),
    retryable ? "yes" : "no",
  ]);
  return page(
    "Error codes",
    "`again`: the same call may succeed later without a change by the user.",
    table(["code", "meaning", "HTTP", "gRPC", "again"], rows),
  );
}

function filesPage(): string {
  const { stateDir, runDir } = agentPaths();
  const other = agentPaths("/srv/x");
  const rows = (folder: "state" | "run") =>
    keptFiles
      .filter((file) => file.folder === folder)
      .map(({ name, doc, bound }) => [code(name), doc, bound]);
  return page(
    "Files on a machine",
    `An agent writes to two folders and nowhere else; \`constellation-agent down\` removes both. With a root of its own, like \`--root /srv/x\`, they are \`${other.stateDir}\` and \`${other.runDir}\`. Under systemd there is also the unit \`/etc/systemd/system/constellation.service\`, under OpenRC the script \`/etc/init.d/constellation-agent\` and its link in \`/etc/runlevels/default\`. On a machine that was made a server or a host over SSH the programs lie in \`/opt/constellation\`; its delete removes that too.`,
    `## ${stateDir}`,
    "Survives a reboot.",
    table(["name", "what", "bound"], rows("state")),
    `## ${runDir}`,
    "Gone after a reboot.",
    table(["name", "what", "bound"], rows("run")),
  );
}

function limitsPage(): string {
  const rows = Object.entries(limits).map(([name, value]) => [
    limitDocs[name as keyof typeof limits],
    withUnit(name, value),
    code(name),
  ]);
  return page("Limits", table(["what", "limit", "name"], rows));
}

function withUnit(name: string, value: number): string {
  if (name.endsWith("Ms")) return `${value / 1_000} s`;
  if (!name.endsWith("Bytes")) return String(value);
  const [unit, size] =
    value >= 1024 ** 3 ? ["GiB", 1024 ** 3] : value >= 1024 ** 2 ? ["MiB", 1024 ** 2] : ["KiB", 1024];
  return `${value / (size as number)} ${unit}`;
}

import type { Document, Host, Instance, Server } from "../../contract/index.ts";
import { age, type Column, type Output, shortBytes, shortImage, table } from "../terminal/index.ts";
import { serviceSummary } from "./service-summary.ts";
import { healthOf, hostState, paintHost, paintState } from "./states.ts";

/** What a table needs of the session. */
export interface View {
  readonly output: Pick<Output, "palette" | "width">;
  readonly now: () => number;
}

export function instanceTable(instances: readonly Instance[], view: View, indent = ""): string[] {
  const now = view.now();
  const { palette } = view.output;
  const paint = (text: string, row: Instance) => paintState(palette, row)(text);
  const columns: Column<Instance>[] = [
    ...namespaceColumn<Instance>(instances),
    { title: "INSTANCE", text: ({ id }) => id },
    { title: "STATE", text: ({ state }) => state, paint },
    { title: "HEALTH", text: healthOf, paint },
    { title: "HOST", text: ({ host }) => host },
    { title: "ADDRESS", text: ({ address }) => address },
    { title: "RESTARTS", text: ({ restarts }) => String(restarts) },
    { title: "SINCE", text: ({ since }) => age(since, now) },
    { title: "IMAGE", text: ({ image }) => shortImage(image) },
    { title: "REASON", text: reasonWorthSaying, optional: true },
  ];
  return render(columns, instances, view, indent);
}

export function serviceTable(services: readonly Document[], view: View): string[] {
  const now = view.now();
  const { palette } = view.output;
  const columns: Column<Document>[] = [
    ...namespaceColumn<Document>(services),
    { title: "SERVICE", text: ({ name }) => name },
    {
      title: "HEALTHY",
      text: (document) => serviceSummary(document).healthy,
      paint: (text, document) => (serviceSummary(document).isWhole ? palette.good : palette.changing)(text),
    },
    { title: "ADDRESS", text: ({ outputs }) => textOf(outputs.address) },
    { title: "PORTS", text: portsOf },
    { title: "REVISION", text: ({ revision }) => String(revision) },
    { title: "CHANGED", text: ({ updatedAt }) => age(updatedAt, now) },
    { title: "IMAGE", text: ({ inputs }) => shortImage(textOf(inputs.image)) },
    {
      title: "NOTE",
      text: (document) => serviceSummary(document).note,
      optional: true,
      paint: palette.changing,
    },
  ];
  return render(columns, services, view);
}

export function serverTable(servers: readonly Server[], view: View): string[] {
  const { palette } = view.output;
  const columns: Column<Server>[] = [
    { title: "SERVER", text: ({ name }) => name },
    { title: "ROLE", text: ({ role }) => role },
    {
      title: "ANSWERS",
      text: ({ isHealthy }) => (isHealthy ? "yes" : "no"),
      paint: (text, { isHealthy }) => (isHealthy ? palette.good : palette.bad)(text),
    },
    { title: "LEADS", text: ({ isLeader }) => (isLeader ? "yes" : "") },
    { title: "ADDRESS", text: ({ address = "" }) => address },
  ];
  return render(columns, servers, view);
}

export function hostTable(hosts: readonly Host[], view: View): string[] {
  const now = view.now();
  const columns: Column<Host>[] = [
    { title: "HOST", text: ({ name }) => name },
    {
      title: "STATE",
      text: hostState,
      paint: (text, host) => paintHost(view.output.palette, host)(text),
    },
    { title: "ADDRESS", text: ({ address }) => address },
    { title: "INSTANCES", text: ({ instances }) => String(instances) },
    { title: "CPU", text: ({ reserved, capacity }) => `${cores(reserved.cpu)}/${cores(capacity.cpu)}` },
    {
      title: "MEMORY",
      text: ({ reserved, capacity }) => `${shortBytes(reserved.memory)}/${shortBytes(capacity.memory)}`,
    },
    { title: "CGROUP", text: ({ cgroup }) => cgroup },
    { title: "KERNEL", text: ({ kernel }) => kernel },
    { title: "AGENT", text: ({ agentVersion }) => agentVersion },
    { title: "UP", text: ({ startedAt }) => age(startedAt, now) },
  ];
  return render(columns, hosts, view);
}

function render<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  view: View,
  indent = "",
): string[] {
  const { palette, width } = view.output;
  return table(columns, rows, { width, indent, paintTitle: palette.title });
}

/** Only where it tells something. */
function namespaceColumn<Row extends { namespace: string }>(rows: readonly Row[]): Column<Row>[] {
  const isPlain = rows.every(({ namespace }) => namespace === "default");
  return isPlain ? [] : [{ title: "NAMESPACE", text: ({ namespace }) => namespace }];
}

/** A healthy instance needs no reason, but for one of its own. */
function reasonWorthSaying({ state, healthy, reason }: Instance): string {
  return state === "running" && healthy && reason === state ? "" : reason;
}

interface Endpoint {
  readonly protocol: string;
  readonly port: number;
  readonly targetPort: number;
  readonly hostIp?: string;
}

/** `8080->3000/tcp`: what the hosts publish. */
function portsOf({ outputs }: Document): string {
  const endpoints = Array.isArray(outputs.endpoints) ? (outputs.endpoints as Endpoint[]) : [];
  return endpoints
    .map(
      ({ hostIp, port, targetPort, protocol }) =>
        `${hostIp === undefined ? "" : `${hostIp}:`}${port}->${targetPort}/${protocol}`,
    )
    .join(", ");
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function cores(count: number): string {
  return String(Math.round(count * 100) / 100);
}

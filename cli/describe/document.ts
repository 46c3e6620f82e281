import type { Document, Event } from "../../contract/index.ts";
import { age, localTime, printable, tree } from "../terminal/index.ts";
import { eventLine } from "./events.ts";
import { facts, section } from "./sections.ts";
import { serviceSummary } from "./service-summary.ts";
import { instanceTable, type View } from "./tables.ts";

/** Lines that describe a document of any kind: what is wanted, what came of it, what runs for it, what happened. */
export function describeDocument(document: Document, events: readonly Event[], view: View): string[] {
  const { palette } = view.output;
  const now = view.now();
  const { owner, status } = document;
  const when = (at: string) => `${localTime(at)} (${age(at, now)} ago)`;
  return [
    palette.title(`${document.kind} ${document.namespace}/${document.name}`),
    ...facts([
      ["owner", printable(`${owner.engine} ${owner.id}`)],
      ["created", when(document.createdAt)],
      ["changed", `${when(document.updatedAt)}, revision ${document.revision}`],
      ["uid", document.uid],
    ]),
    ...section(palette, "Wanted", tree(document.inputs, "  ")),
    ...section(palette, "Outputs", tree(document.outputs, "  ")),
    ...(status === undefined
      ? []
      : section(
          palette,
          `Instances: ${serviceSummary(document).healthy} healthy`,
          instanceTable(status.instances, view, "  "),
        )),
    ...section(
      palette,
      "Not placed",
      (status?.rejections ?? []).map(({ slot, message }) => `  ${slot}: ${printable(message)}`),
    ),
    ...section(
      palette,
      "Events",
      events.map((event) => `  ${eventLine(event, palette)}`),
    ),
  ];
}

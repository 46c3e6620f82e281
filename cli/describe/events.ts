import type { Event } from "../../contract/index.ts";
import { localTime, type Palette, printable } from "../terminal/index.ts";
import { healthOf } from "./states.ts";

/** What an event is about, and what happened, in words. */
export function eventWords(event: Event): { readonly subject: string; readonly what: string } {
  switch (event.type) {
    case "document":
      return {
        subject: `${event.kind} ${event.namespace}/${event.name}`,
        what: `${event.action}${event.action === "deleted" ? "" : ` (revision ${event.revision})`} by ${event.by}`,
      };
    case "instance": {
      const { namespace, id, state, reason, host } = event.instance;
      const how = [event.removed ? "removed" : state, healthOf(event.instance)].filter((word) => word !== "");
      const where = state === "placed" && host !== "" ? ` on ${host}` : "";
      return {
        subject: `${namespace}/${id}`,
        what: `${how.join(", ")}${where}${reason === "" || reason === state ? "" : `: ${reason}`}`,
      };
    }
    case "decision":
      return { subject: `${event.namespace}/${event.service}`, what: event.message };
    case "host":
      return { subject: `host ${event.name}`, what: `${event.state}: ${event.message}` };
    case "progress":
      return { subject: `${event.namespace}/${event.instance}`, what: event.message };
  }
}

/** `2026-11-23 07:00:12  shop/web-0-5f3a9c  running, healthy`. */
export function eventLine(event: Event, palette: Palette): string {
  const { subject, what } = eventWords(event);
  const paint = event.type === "progress" ? palette.faint : (text: string) => text;
  return [palette.faint(localTime(event.at)), palette.title(printable(subject)), paint(printable(what))].join(
    "  ",
  );
}

/** Whether it tells of this instance. */
export function concernsInstance(event: Event, id: string): boolean {
  if (event.type === "instance") return event.instance.id === id;
  return event.type === "progress" && event.instance === id;
}

/** Whether it tells of this document, or of what runs for it. */
export function concernsDocument(
  event: Event,
  about: { kind: string; namespace: string; name: string },
): boolean {
  if (event.type === "document")
    return event.kind === about.kind && event.namespace === about.namespace && event.name === about.name;
  if (about.kind !== "Service" || event.type === "host") return false;
  const [namespace, service] =
    event.type === "instance"
      ? [event.instance.namespace, event.instance.service]
      : [event.namespace, event.service];
  return namespace === about.namespace && service === about.name;
}

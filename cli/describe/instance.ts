import type { Event, Instance } from "../../contract/index.ts";
import { age, localTime, printable, shortImage } from "../terminal/index.ts";
import { eventLine } from "./events.ts";
import { facts, section } from "./sections.ts";
import { healthOf, paintState } from "./states.ts";
import type { View } from "./tables.ts";

/** Lines that describe one instance. */
export function describeInstance(instance: Instance, events: readonly Event[], view: View): string[] {
  const { palette } = view.output;
  const now = view.now();
  const when = (at: string | undefined) =>
    at === undefined ? undefined : `${localTime(at)} (${age(at, now)} ago)`;
  const state = [instance.state, healthOf(instance)].filter((word) => word !== "").join(", ");
  return [
    palette.title(`Instance ${instance.namespace}/${instance.id}`),
    ...facts([
      [
        "state",
        `${paintState(palette, instance)(state)}${instance.reason === "" || instance.reason === instance.state ? "" : `: ${printable(instance.reason)}`}`,
      ],
      ["since", when(instance.since)],
      [
        "service",
        `${instance.namespace}/${instance.service}, slot ${instance.name}, revision ${instance.revision}`,
      ],
      ["host", instance.host],
      ["address", instance.address],
      ["image", printable(shortImage(instance.image))],
      ["started", when(instance.startedAt)],
      ["restarts", String(instance.restarts)],
      ["exit code", instance.exitCode === undefined ? undefined : String(instance.exitCode)],
      ["pid", instance.pid === undefined ? undefined : String(instance.pid)],
    ]),
    ...section(
      palette,
      "Events",
      events.map((event) => `  ${eventLine(event, palette)}`),
    ),
  ];
}

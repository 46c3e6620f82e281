import type { Explanation } from "../../contract/index.ts";
import { type Column, table } from "../terminal/index.ts";
import { section } from "./sections.ts";
import type { View } from "./tables.ts";

type Placed = Explanation["placed"][number];
type HostVerdict = Explanation["hosts"][number];

const slots: readonly Column<Placed>[] = [
  { title: "INSTANCE", text: ({ instance }) => instance },
  { title: "HOST", text: ({ host }) => host },
  { title: "WHY", text: ({ reason }) => reason },
];

const hosts: readonly Column<HostVerdict>[] = [
  { title: "HOST", text: ({ name }) => name },
  { title: "INSTANCES", text: ({ instances }) => String(instances) },
  { title: "ONE MORE", text: ({ reasons }) => (reasons.length === 0 ? "fits" : reasons.join("; ")) },
];

/** Where a service's instances are, which are nowhere and why, and what each host says to one more. */
export function describeExplanation(explanation: Explanation, { output }: View): string[] {
  const { namespace, service, wanted, placed, rejections } = explanation;
  const { palette, width } = output;
  const options = { width, indent: "  ", paintTitle: palette.title };
  const rows = <Row>(columns: readonly Column<Row>[], of: readonly Row[]) =>
    of.length === 0 ? [] : table(columns, of, options);
  return [
    `${palette.title("Service")} ${namespace}/${service}: ${new Set(placed.map(({ slot }) => slot)).size} of ${wanted} placed`,
    ...section(palette, "Placed", rows(slots, placed)),
    ...section(
      palette,
      "Nowhere",
      rejections.map(({ slot, message }) => palette.changing(`  ${slot}  ${message}`)),
    ),
    ...section(palette, "Hosts", rows(hosts, explanation.hosts)),
  ];
}

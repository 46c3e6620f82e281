/** What an engine does to one resource. */
export interface Step {
  readonly op: string;
  readonly urn: string;
  /** Changed paths with their kind, `update`, `add`, `delete-replace`. */
  readonly diff: Readonly<Record<string, string>>;
}

/** A preview says `kind`, an event `diffKind`. */
type Diff = Readonly<Record<string, { readonly kind?: string; readonly diffKind?: string }>>;

interface EngineStep {
  readonly op: string;
  readonly urn: string;
  readonly detailedDiff: Diff | null;
}

/** From `pulumi preview --json`. */
export function previewedSteps(json: string): Step[] {
  const { steps } = JSON.parse(json) as { steps: EngineStep[] };
  return steps
    .map(({ op, urn, detailedDiff }) => step(op, urn, detailedDiff))
    .filter(isOurs)
    .sort(byUrn);
}

/** From `pulumi up --json`. A preview shows a replacement as one step; its parts are left out here too. */
export function appliedSteps(lines: string): Step[] {
  const events = lines.split("\n").filter((line) => line.startsWith("{"));
  return events
    .flatMap(
      (line) => (JSON.parse(line) as { resOutputsEvent?: { metadata: EngineStep } }).resOutputsEvent ?? [],
    )
    .map(({ metadata: { op, urn, detailedDiff } }) => step(op, urn, detailedDiff))
    .filter(({ op }) => op !== "create-replacement" && op !== "delete-replaced")
    .filter(isOurs)
    .sort(byUrn);
}

function step(op: string, urn: string, diff: Diff | null): Step {
  const kinds = Object.entries(diff ?? {}).map(([path, { kind, diffKind }]) => [
    path,
    kind ?? diffKind ?? "",
  ]);
  return { op, urn, diff: Object.fromEntries(kinds) };
}

function isOurs({ op, urn }: Step): boolean {
  return (
    !["same", "refresh"].includes(op) &&
    !urn.includes("pulumi:pulumi:Stack") &&
    !urn.includes("pulumi:providers:")
  );
}

const byUrn = (one: Step, other: Step) => (one.urn < other.urn ? -1 : 1);

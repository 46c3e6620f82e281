import type { Document } from "../../contract/index.ts";

export interface ServiceSummary {
  /** `2/3`: healthy ones of the wanted ones. */
  readonly healthy: string;
  /** As many healthy ones as wanted, all of the newest revision. */
  readonly isWhole: boolean;
  /** What is amiss or on its way; empty when there is nothing to say. */
  readonly note: string;
}

/** How a service is, in a few words. */
export function serviceSummary({ status, revision }: Pick<Document, "status" | "revision">): ServiceSummary {
  if (status === undefined) return { healthy: "", isWhole: false, note: "not seen by the scheduler yet" };
  const { wanted, instances, rejections, specRevision, observedRevision } = status;
  const staying = instances.filter(({ state }) => state !== "stopping" && state !== "completed");
  const healthy = staying.filter((instance) => instance.healthy);
  const current = healthy.filter((instance) => instance.revision === specRevision);
  const outdated = staying.filter((instance) => instance.revision < specRevision);
  const failing = staying.find(({ state }) => state === "backoff" || state === "failed");
  const notes = [
    ...(observedRevision < revision ? [`revision ${revision} is not taken up yet`] : []),
    ...rejections.slice(0, 1).map(({ slot, message }) => `${slot} not placed: ${message}`),
    ...(failing === undefined ? [] : [`${failing.name} ${failing.state}: ${failing.reason}`]),
    ...(outdated.length > 0 ? [`${outdated.length} to replace`] : []),
  ];
  return {
    healthy: `${healthy.length}/${wanted}`,
    isWhole: notes.length === 0 && current.length >= wanted,
    note: notes.join("; "),
  };
}

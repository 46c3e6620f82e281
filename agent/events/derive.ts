import type { Event, Instance } from "../../contract/index.ts";
import {
  type DecodedChange,
  type DecodedSet,
  type Desired,
  families,
  type HistoryRecord,
  hostOfKey,
  keys,
  type ObservedRecord,
} from "../store/index.ts";

/** The events of one revision, in the order documents, decisions, instances. `now` dates what carries no time. */
export function eventsOf(set: DecodedSet, now: string): Event[] {
  return [
    ...changesOf(set, families.desired.prefix).map((change) => documentEvent(change, set, now)),
    ...changesOf(set, families.history.prefix).flatMap(decisionEvents),
    ...instanceEvents(changesOf(set, families.observed.prefix), now),
  ];
}

function changesOf({ changes }: DecodedSet, prefix: string): DecodedChange[] {
  return changes.filter(({ family }) => family.prefix === prefix);
}

function documentEvent({ key: of, now, before }: DecodedChange, set: DecodedSet, fallback: string): Event {
  const [desired, earlier] = [now?.record as Desired | undefined, before?.record as Desired | undefined];
  const [, namespace = "", kind = "", name = ""] = of.split("/");
  const { revision = 0 } = desired ?? earlier ?? {};
  const document = { type: "document", kind, namespace, name, revision } as const;
  if (desired) {
    return {
      ...document,
      action: desired.revision === 1 ? "created" : "updated",
      by: desired.by,
      at: desired.updatedAt,
    };
  }
  const key = keys.tombstone(namespace, kind, name);
  const tombstone = set.changes.find((change) => change.key === key)?.now?.record as
    | { by: string; at: string }
    | undefined;
  return { ...document, action: "deleted", by: tombstone?.by ?? "", at: tombstone?.at ?? fallback };
}

function decisionEvents({ key, now, before }: DecodedChange): Event[] {
  const [, namespace = "", , service = ""] = key.split("/");
  const known = (before?.record as HistoryRecord | undefined)?.entries.at(-1)?.serial ?? 0;
  const entries = (now?.record as HistoryRecord | undefined)?.entries ?? [];
  return entries
    .filter(({ serial }) => serial > known)
    .map(({ message, at }) => ({ type: "decision", namespace, service, message, at }));
}

/** A host's instances may change keys within one revision, so all its keys are compared together. */
function instanceEvents(changes: readonly DecodedChange[], now: string): Event[] {
  return [...Map.groupBy(changes, ({ key }) => hostOfKey(key)).values()].flatMap((own) => {
    const before = new Map(
      own.flatMap((change) => instancesOf(change.before)).map((instance) => [instance.id, instance]),
    );
    const after = new Map(
      own.flatMap((change) => instancesOf(change.now)).map((instance) => [instance.id, instance]),
    );
    const changed = [...after.values()].filter((instance) =>
      isWorthTelling(before.get(instance.id), instance),
    );
    const removed = [...before.values()].filter(({ id }) => !after.has(id));
    return [
      ...changed.map((instance) => instanceEvent(instance, before.get(instance.id), now)),
      ...removed.map((instance): Event => ({ type: "instance", instance, removed: true, at: now })),
    ];
  });
}

function instanceEvent(instance: Instance, before: Instance | undefined, now: string): Event {
  const entered = before?.since !== instance.since;
  return { type: "instance", instance, removed: false, at: entered ? instance.since : now };
}

const instancesOf = (stored: DecodedChange["now"]) =>
  (stored?.record as ObservedRecord | undefined)?.instances ?? [];

function isWorthTelling(before: Instance | undefined, now: Instance): boolean {
  if (!before) return true;
  return (["state", "healthy", "reason", "restarts", "revision", "since"] as const).some(
    (key) => before[key] !== now[key],
  );
}

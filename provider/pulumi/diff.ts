import { type Change, diffInputs, type Resource, UNKNOWN } from "../../contract/index.ts";
import { accessId, hasUnknown, type Properties } from "../engine/index.ts";
import { type DiffRequest, type DiffResponse, protocol } from "./protocol.ts";
import { type Provider, subjectOf } from "./provider.ts";
import { open } from "./wire.ts";

/** Names exactly the fields that the apply will change. */
export function diff(request: DiffRequest, provider: Provider): DiffResponse {
  const { resource } = subjectOf(request.getUrn(), provider);
  const state = open(request.getOlds()).value;
  const olds = request.getOldInputs() === undefined ? state : open(request.getOldInputs()).value;
  const news = open(request.getNews()).value;
  // The engine refuses an import of what differs from the program.
  const untold = provider.run.imported.has(request.getUrn()) ? (resource.ofProgramAlone ?? []) : [];
  const changes = [...placeChanges(resource, state, olds, news), ...diffInputs(resource, olds, news)].filter(
    ({ path }) => !isIgnored(path, [...untold, ...request.getIgnorechangesList()]),
  );
  return answer(changes, resource, sharesExclusive(resource, olds, news));
}

/** Decided once all is known, as it is when it matters. */
function sharesExclusive({ exclusive }: Resource, olds: Properties, news: Properties): boolean {
  if (exclusive === undefined || hasUnknown({ ...news, cluster: undefined })) return false;
  const held = new Set(exclusive(olds as never));
  return exclusive(news as never).some((thing) => held.has(thing));
}

/** A cluster is compared by its id alone: an unknown one, a new credential or address never replaces. */
function placeChanges(resource: Resource, state: Properties, olds: Properties, news: Properties): Change[] {
  const moved = (["namespace", "name"] as const).filter(
    (key) =>
      (resource.namespaced || key === "name") &&
      news[key] !== undefined &&
      olds[key] !== undefined &&
      olds[key] !== news[key],
  );
  const changes: Change[] = moved.map((path) => ({ path, kind: "update", replace: true }));
  const wanted = news.cluster === UNKNOWN ? undefined : accessId(news.cluster);
  if (wanted !== undefined && state.clusterId !== undefined && wanted !== state.clusterId) {
    changes.push({ path: "cluster", kind: "update", replace: true });
  }
  return changes;
}

function answer(changes: readonly Change[], resource: Resource, exclusive: boolean): DiffResponse {
  const { DiffResponse, PropertyDiff } = protocol;
  const kinds = {
    add: [PropertyDiff.Kind.ADD, PropertyDiff.Kind.ADD_REPLACE],
    delete: [PropertyDiff.Kind.DELETE, PropertyDiff.Kind.DELETE_REPLACE],
    update: [PropertyDiff.Kind.UPDATE, PropertyDiff.Kind.UPDATE_REPLACE],
  } as const;
  const response = new DiffResponse();
  response.setHasdetaileddiff(true);
  response.setChanges(
    changes.length > 0 ? DiffResponse.DiffChanges.DIFF_SOME : DiffResponse.DiffChanges.DIFF_NONE,
  );
  for (const { path, kind, replace } of changes) {
    const detail = new PropertyDiff();
    detail.setKind(kinds[kind][replace ? 1 : 0]);
    detail.setInputdiff(true);
    response.getDetaileddiffMap().set(path, detail);
  }
  response.setDiffsList([...new Set(changes.map(({ path }) => topKey(path)))]);
  const replacing = changes.filter(({ replace }) => replace).map(({ path }) => topKey(path));
  response.setReplacesList([...new Set(replacing)]);
  // With the old name in the old place the new one cannot stand beside it. The engine may also replace by itself.
  // Of clusters a root holds one at a time.
  const moves = replacing.some((key) => ["name", "namespace", "cluster"].includes(key));
  response.setDeletebeforereplace(!resource.namespaced || !moves || exclusive);
  if (replacing.length === 0)
    response.setStablesList([
      "clusterId",
      "namespace",
      "name",
      ...resource.fields.stable.map(({ key }) => key),
    ]);
  return response;
}

function topKey(path: string): string {
  return path.split(/[.[]/, 1)[0] ?? path;
}

function isIgnored(path: string, ignored: readonly string[]): boolean {
  return ignored.some(
    (prefix) => path === prefix || (path.startsWith(prefix) && /^[.[]/.test(path.slice(prefix.length))),
  );
}

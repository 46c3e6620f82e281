import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import {
  ConstellationError,
  checkInputs,
  type Document,
  type Owner,
  type Resource,
  type Violation,
} from "../../contract/index.ts";
import { digestOf } from "../lib/digest.ts";
import { markedSecrets, openWritten, type Sealer, sealInputs } from "../secrets/index.ts";
import {
  type Desired,
  families,
  keys,
  type Put,
  requireReadable,
  type Store,
  type Stored,
} from "../store/index.ts";
import { kindOf } from "./kinds.ts";
import type { Admission, Along, Candidate, KindFeatures, WriteRequest } from "./types.ts";

export interface WritePorts {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly features: KindFeatures;
  readonly now: () => Date;
}

export interface Written {
  readonly desired: Desired;
  /** The store's revision of it; of the one before in a dry run, 0 where there is none. */
  readonly etag: number;
  readonly told: Pick<Document, "warnings" | "notes">;
}

/** A write that is right by itself, and what had to be asked elsewhere for it. */
export interface Prepared {
  readonly request: WriteRequest;
  readonly kind: Resource;
  readonly title: string;
  readonly earlier: Stored<Desired> | undefined;
  readonly candidate: Candidate;
  readonly found: unknown;
}

/** All that can be done of a write before its turn has come. */
export async function prepareWrite(request: WriteRequest, ports: WritePorts): Promise<Prepared> {
  const { store, sealer, features } = ports;
  const kind = kindOf(request.plural);
  const { namespace, name, dryRun } = request;
  const key = keys.desired(namespace, kind.kind, name);
  const title = `${kind.kind.toLowerCase()} ${namespace}/${name}`;
  requireReadable(store, key, `write ${title}`);
  const earlier = store.get(families.desired, key);
  requireOwner(request, earlier, title);

  const opened = openWritten(request.inputs as Record<string, unknown>, earlier?.record.inputs, sealer);
  const checked = checkInputs(kind, opened.inputs, { secretPaths: opened.secretPaths });
  // Features read fields by their types: they only see inputs that are right by themselves.
  requireNone([...opened.violations, ...checked.violations], earlier, title);
  const candidate: Candidate = {
    owner: request.owner,
    namespace,
    name,
    uid: earlier?.record.uid ?? randomUUID(),
    inputs: checked.inputs,
    sealed: sealed(kind, checked.inputs, opened.secretPaths, earlier?.record.inputs, sealer),
    earlier: earlier?.record,
    dryRun,
  };
  const found = await features[kind.kind]?.find?.(candidate);
  return { request, kind, title, earlier, candidate, found };
}

/**
 * Creates or replaces a document. The same owner may repeat a create, also with other inputs: an engine that was
 * killed after its create knows nothing of it and tries again. Writing what is there already writes nothing.
 */
export async function writeDocument(prepared: Prepared, ports: WritePorts): Promise<Written> {
  const { request, kind, title, earlier, candidate, found } = prepared;
  const { namespace, name, dryRun } = candidate;
  const key = keys.desired(namespace, kind.kind, name);
  if (ports.store.get(families.desired, key)?.modRevision !== earlier?.modRevision) throw changed(title);

  const feature = ports.features[kind.kind];
  requireNone((await feature?.check?.(candidate, found)) ?? [], earlier, title);
  const admission = (await feature?.admit?.(candidate, found)) ?? { outputs: {}, writes: [] };
  const told = toldIn(admission);
  const desired = desiredOf(kind.kind, request, candidate, admission, ports.now());
  if (earlier && isUnchanged(earlier.record, desired))
    return { desired: earlier.record, etag: earlier.modRevision, told };
  requireMatch(request, earlier, title);
  if (dryRun) return { desired, etag: earlier?.modRevision ?? 0, told };
  const put: Put = { key, record: desired, was: earlier?.modRevision };
  const along = feature?.along?.(desired) ?? { writes: [], unchanged: [] };
  const etag = await commitAlong(ports.store, [put, ...admission.writes], along);
  return { desired, etag, told };
}

function toldIn({ warnings = [], notes = [] }: Admission): Written["told"] {
  return {
    ...(warnings.length > 0 && { warnings: [...warnings] }),
    ...(notes.length > 0 && { notes: [...notes] }),
  };
}

/** What goes along changes what others change, too: that must not make the write fail. */
async function commitAlong(store: Store, own: readonly Put[], { writes, unchanged }: Along): Promise<number> {
  if (writes.length === 0) return await store.commit(own);
  try {
    return await store.commit([...own, ...writes], unchanged);
  } catch (error) {
    const isTooMuch =
      error instanceof ConstellationError && (error.code === "conflict" || error.code === "too-large");
    if (!isTooMuch) throw error;
    return await store.commit(own);
  }
}

/** A matching etag proves that the writer has read the document: that is how an import takes it over. */
function requireOwner(
  { owner, ifMatch, name }: WriteRequest,
  earlier: Stored<Desired> | undefined,
  title: string,
): void {
  if (!earlier) {
    if (ifMatch === undefined) return;
    throw new ConstellationError(
      "not-found",
      `update ${title}: it no longer exists; refresh, then try again`,
    );
  }
  if (ifMatch !== undefined || isDeepStrictEqual(earlier.record.owner, owner)) return;
  throw new ConstellationError(
    "owned",
    `create ${title}: ${name} exists, created by ${describeOwner(earlier.record.owner)} on ${earlier.record.createdAt}; import it or choose another name`,
  );
}

function describeOwner({ engine, id, scope }: Owner): string {
  return `${engine} ${id}${scope === undefined ? "" : ` (${scope})`}`;
}

function requireMatch({ ifMatch }: WriteRequest, earlier: Stored<Desired> | undefined, title: string): void {
  if (ifMatch === undefined || ifMatch === String(earlier?.modRevision)) return;
  throw changed(title);
}

function changed(title: string): ConstellationError {
  return new ConstellationError(
    "conflict",
    `update ${title}: it was changed meanwhile; refresh, then try again`,
  );
}

function requireNone(
  violations: readonly Violation[],
  earlier: Stored<Desired> | undefined,
  title: string,
): void {
  if (violations.length === 0) return;
  const lines = violations.map(({ path, reason }) => `${path} ${reason}`);
  throw new ConstellationError("invalid", `${earlier ? "update" : "create"} ${title}: ${lines.join("; ")}`, {
    violations,
  });
}

function sealed(
  kind: Resource,
  inputs: Record<string, unknown>,
  written: ReadonlySet<string>,
  earlier: unknown,
  sealer: Sealer,
): Record<string, unknown> {
  return sealInputs(
    inputs,
    new Set([...written, ...markedSecrets(kind.fields.inputs, inputs)]),
    earlier,
    sealer,
  );
}

function desiredOf(
  kind: string,
  { namespace, name, owner, by }: WriteRequest,
  { uid, earlier, sealed: inputs }: Candidate,
  { outputs }: Admission,
  now: Date,
): Desired {
  const at = now.toISOString();
  const isChanged = !earlier || digestOf(earlier.inputs) !== digestOf(inputs);
  return {
    ...earlier, // with what a newer version wrote
    kind,
    namespace,
    name,
    uid,
    revision: (earlier?.revision ?? 0) + (isChanged ? 1 : 0),
    owner,
    createdAt: earlier?.createdAt ?? at,
    updatedAt: at,
    by,
    inputs: { ...inputs },
    outputs: { ...outputs },
  };
}

function isUnchanged(earlier: Desired, next: Desired): boolean {
  return (
    earlier.revision === next.revision &&
    isDeepStrictEqual(earlier.outputs, next.outputs) &&
    isDeepStrictEqual(earlier.owner, next.owner)
  );
}

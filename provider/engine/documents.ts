import {
  ConstellationError,
  type Document,
  type DocumentAddress,
  diffInputs,
  durationMs,
  isSameOwner,
  type Resource,
  UNKNOWN,
} from "../../contract/index.ts";
import type { LocalImages } from "./local-images.ts";
import { idOf, ownerOf, ownInputs, placeOf, withoutPlace, withPlace } from "./place.ts";
import { createReach } from "./reach.ts";
import { readiness } from "./readiness.ts";
import { resolveAlways } from "./registry-images.ts";
import { previewConnection, rehearse } from "./rehearsal.ts";
import { openFromApi, redact, sealForApi } from "./secrets.ts";
import {
  type Call,
  type Connection,
  type Connections,
  NotReady,
  type Operations,
  type Stored,
} from "./types.ts";
import { hasUnknown, knownText, type Opened, type Properties } from "./values.ts";
import { waitUntilGone, waitUntilReady } from "./wait.ts";

/** Attempts to write over a document that somebody else changes at the same time. */
const writeAttempts = 5;

interface WriteMode {
  readonly update: boolean;
  readonly dryRun: boolean;
}

/** The one create, read, update and delete over documents: it knows no kind. */
export function documentOperations(
  resource: Resource,
  connections: Connections,
  images: LocalImages,
): Operations {
  const { connect, reconnect, reconnectIfThere } = createReach(connections);
  const outputKeys = [...resource.fields.stable, ...resource.fields.revised].map(({ key }) => key);

  const addressOf = (inputs: Properties): DocumentAddress => ({
    namespace: String(inputs.namespace),
    plural: resource.plural,
    name: String(inputs.name),
  });

  /**
   * A create leaves what belongs to another owner alone and goes on with what an interrupted one of its own left;
   * an update also takes over what an import has found.
   */
  const write = async (
    connection: Connection,
    inputs: Opened,
    call: Call,
    mode: WriteMode,
  ): Promise<Document> => {
    const address = addressOf(inputs.value);
    const body = { owner: ownerOf(call.urn), inputs: sealForApi(withoutPlace(inputs)) };
    for (let attempt = 1; ; attempt++) {
      const current = await connection.client.getDocument(address);
      const over =
        current && (mode.update || isSameOwner(current.owner, body.owner)) ? { ifMatch: current.etag } : {};
      try {
        return await connection.client.putDocument(address, body, { dryRun: mode.dryRun, ...over });
      } catch (error) {
        if (!isConflict(error) || attempt === writeAttempts) throw error;
      }
    }
  };

  const outputsOf = (document: Document, clusterId: string): Properties => ({
    ...Object.fromEntries(outputKeys.map((key) => [key, document.outputs[key]])),
    clusterId,
    revision: document.revision,
  });

  const settle = async (
    connection: Connection,
    written: Document,
    inputs: Opened,
    call: Call,
  ): Promise<Stored> => {
    written.warnings?.forEach(call.warn);
    const outcome = await waitUntilReady(connection.client, addressOf(inputs.value), written, call);
    const stored = {
      id: idOf(inputs.value),
      inputs,
      outputs: outputsOf(outcome.document, connection.clusterId),
    };
    if (outcome.kind === "failed") throw new NotReady(stored, redact(outcome.reasons, inputs));
    return stored;
  };

  return {
    async complete(inputs, about) {
      const local = await images.complete(inputs);
      return local.violations.length > 0 ? local : resolveAlways(local.inputs, about, connections);
    },

    async previewCreate(inputs, call) {
      const unknown = Object.fromEntries([...outputKeys, "revision"].map((key) => [key, UNKNOWN]));
      const connection = await previewConnection(inputs.value, connect, call);
      if (connection === undefined) return { ...unknown, clusterId: UNKNOWN };
      const known = { ...unknown, clusterId: connection.clusterId };
      if (hasUnknown(inputs.value)) return { ...known, ...predicted(inputs.value) };
      const rehearsed = await rehearse(
        () => write(connection, inputs, call, { update: false, dryRun: true }),
        call,
      );
      return { ...known, ...predicted(inputs.value, rehearsed) };
    },

    async create(inputs, call) {
      const connection = await connect(inputs.value);
      await images.upload(inputs.value, connection.client, call);
      const written = await write(connection, inputs, call, { update: false, dryRun: false });
      call.made.add(`${call.urn} ${idOf(inputs.value)}`);
      return settle(connection, written, inputs, call);
    },

    async previewUpdate(old, inputs, call) {
      const changed = diffInputs(resource, old.inputs.value, inputs.value).length > 0;
      const revised = Object.fromEntries(
        [...resource.fields.revised.map(({ key }) => key), "revision"].map((key) => [
          key,
          changed ? UNKNOWN : old.outputs[key],
        ]),
      );
      const connection = await previewConnection(
        inputs.value,
        (value) => reconnect(old, value, "preview"),
        call,
      );
      const rehearsed =
        connection === undefined || hasUnknown(inputs.value)
          ? undefined
          : await rehearse(() => write(connection, inputs, call, { update: true, dryRun: true }), call);
      return { ...old.outputs, ...revised, ...predicted(inputs.value, changed ? rehearsed : undefined) };
    },

    async update(old, inputs, call) {
      const connection = await reconnect(old, inputs.value, "update");
      await images.upload(inputs.value, connection.client, call);
      return settle(
        connection,
        await write(connection, inputs, call, { update: true, dryRun: false }),
        inputs,
        call,
      );
    },

    async read(id, old) {
      const place = old?.inputs.value ?? placeOf(id);
      const connection = old ? await reconnectIfThere(old, "read") : await connect(place);
      if (connection === undefined) return undefined;
      const document = await connection.client.getDocument(addressOf(place));
      if (document === undefined) return undefined;
      const read = await openFromApi(document.inputs, old?.inputs, connection.client);
      const unchanged =
        old !== undefined && diffInputs(resource, ownInputs(old.inputs.value), read.value).length === 0;
      const inputs = unchanged ? old.inputs : withPlace(read, place, old?.inputs);
      const stored = { id, inputs, outputs: outputsOf(document, connection.clusterId) };
      const unfit = stillFailing(document);
      if (unfit.length > 0) throw new NotReady(stored, redact(unfit, inputs));
      return stored;
    },

    async delete(old, call) {
      if (call.made.has(`${call.urn} ${old.id}`)) {
        // A forced replacement creates first, and a create goes on with what its owner has by that name.
        return call.warn(`${old.id} was replaced in place: its replacement has the same name`);
      }
      const connection = await reconnectIfThere(old, "delete");
      if (connection === undefined) return call.info(`${old.id} went with its cluster`);
      const address = addressOf(old.inputs.value);
      await connection.client.deleteDocument(address);
      const graceMs = durationMs(String(old.inputs.value.stopGracePeriod ?? "0")) ?? 0;
      await waitUntilGone(connection.client, address, graceMs, call);
    },
  };
}

function isConflict(error: unknown): boolean {
  return error instanceof ConstellationError && error.code === "conflict";
}

/** Outputs that follow from the inputs, or that a rehearsal has found out. */
function predicted(inputs: Properties, rehearsed?: Document): Properties {
  const imageDigest = knownText(inputs.imageDigest) ?? knownText(rehearsed?.outputs.imageDigest);
  return imageDigest === undefined ? {} : { imageDigest };
}

/** What a refresh reports of a service that cannot get well by itself. */
function stillFailing(document: Document): string[] {
  const state = readiness(document);
  const name = `${document.namespace}/${document.name}`;
  return state.kind === "failed" ? state.reasons.map((reason) => `${name}: ${reason}`) : [];
}

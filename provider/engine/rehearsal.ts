import { ConstellationError, type Document, UNKNOWN } from "../../contract/index.ts";
import { accessId } from "./access.ts";
import type { Call, Connection } from "./types.ts";
import type { Properties } from "./values.ts";

/** A preview's connection: undefined, said aloud, while the cluster is not known or does not answer. */
export async function previewConnection(
  inputs: Properties,
  connect: (inputs: Properties) => Promise<Connection>,
  call: Call,
): Promise<Connection | undefined> {
  if (inputs.cluster === UNKNOWN) return undefined;
  try {
    return await connect(inputs);
  } catch (error) {
    const absent =
      error instanceof ConstellationError && (error.code === "unreachable" || error.code === "no-cluster");
    if (!absent) throw error;
    const id = accessId(inputs.cluster);
    const which = id === undefined ? "no cluster on this machine answers" : `cluster ${id} does not answer`;
    call.info(`${which}: checked the program alone, not names, images, ports and capacity`);
    return undefined;
  }
}

/**
 * Lets the cluster check the write without doing it; an image not uploaded yet is what the apply will upload.
 * @returns the document as it would be, where the cluster could tell.
 */
export async function rehearse(write: () => Promise<Document>, call: Call): Promise<Document | undefined> {
  try {
    const document = await write();
    document.warnings?.forEach(call.warn);
    document.notes?.forEach(call.info);
    return document;
  } catch (error) {
    if (!(error instanceof ConstellationError)) throw error;
    if (!isAboutThisRun(error)) throw error;
    call.progress("to be checked against what this run creates first");
    return undefined;
  }
}

/** A secret, a config file or an image that the same run is about to make or upload. */
function isAboutThisRun(error: ConstellationError): boolean {
  const references = /^(secrets|configs|imageCredentials)\[/;
  return (
    error.code === "image-missing" ||
    error.code === "conflict" ||
    (error.code === "invalid" &&
      error.violations.length > 0 &&
      error.violations.every(({ path }) => references.test(path)))
  );
}

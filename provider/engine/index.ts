/**
 * What every engine needs of a provider, whatever its protocol: connect, preview, write, wait, read back.
 * Invariant: a preview asks the cluster the same question as the apply, and an apply records what exists before it
 * says why it is not ready. It knows no kind of resource by name and no engine's wire format.
 */
export { type Access, accessId, formatAccess, parseAccess, thisMachine } from "./access.ts";
export { createConnections } from "./connections.ts";
export { documentOperations } from "./documents.ts";
export { createLocalImages, type LocalImages } from "./local-images.ts";
export { ownerOf } from "./place.ts";
export { createReach } from "./reach.ts";
export { previewConnection } from "./rehearsal.ts";
export { createRemovals } from "./removals.ts";
export { declaredSecretPaths } from "./secrets.ts";
export { createTurns } from "./turns.ts";
export {
  type Call,
  type Completion,
  type Config,
  type Connection,
  type Connections,
  NotReady,
  type Operations,
  type OperationsOf,
  type Stored,
} from "./types.ts";
export { hasUnknown, knownText, mapTree, type Opened, type Properties } from "./values.ts";
export { waitUntilGone } from "./wait.ts";

/**
 * Secrets: sealed in the store, keyed digests to everybody, plain text only to the host whose placement names them.
 *
 * Invariant: nothing that leaves this folder prints a secret; plain text exists in memory alone.
 * It does not deliver them into instances, and it does not decide who may have them.
 */
export { createHiding, storedSecrets } from "./hide.ts";
export { loadSecretKeys, type SecretKeys } from "./key.ts";
export { digestsOnly, markedSecrets, type Opened, openStored, openWritten, sealInputs } from "./leaves.ts";
export { createSealer, type Sealer } from "./sealer.ts";
export { SecretText } from "./text.ts";

/**
 * The cluster's state as one encrypted file, and back: records as the store holds them, the key of its secrets, the
 * host's name. Not images, logs or what instances wrote.
 * Invariant: a restore touches nothing before the whole file was proven and a new store holds it; what it replaces is kept; cut
 * short, it did not happen.
 * It does not know etcd or how an agent is started: the machine it is given does.
 */
export { countDocuments } from "./content.ts";
export { type About, openBackup } from "./envelope.ts";
export { backupTarget, readBackupFile, writeBackupFile } from "./file.ts";
export { passphraseVariable, readPassphrase } from "./passphrase.ts";
export { type Restored, restoreBackup } from "./restore.ts";
export { type Recovery, recoverSwap } from "./swap.ts";
export { takeBackup } from "./take.ts";
export type { BackupMachine, Target } from "./types.ts";

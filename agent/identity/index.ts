/**
 * Who a machine is to the others: the cluster's CA, and a certificate for each host.
 *
 * Invariant: the CA's key never leaves the servers, a host's never the host; both are files of root alone and are told to
 * nobody, neither in a log nor in an error. It decides nothing about what a host may do.
 */
export { type Authority, type Issued, openAuthority, type Subject } from "./authority.ts";
export { type Credentials, identityFiles, readCredentials, writeCredentials } from "./files.ts";
export { fingerprintOf, type Judgement, judge, type Role, serverName } from "./judge.ts";
export { makeKey, requestCertificate } from "./request.ts";
export { isDueForRenewal, lifetimes } from "./validity.ts";

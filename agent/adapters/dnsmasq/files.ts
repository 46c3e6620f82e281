import { createHash } from "node:crypto";
import { join } from "node:path";

/** What is served; see `NameTable` of agent/network. */
export interface TableInput {
  readonly address: string;
  readonly domains: readonly string[];
  readonly asksOthers: boolean;
  readonly records: readonly { readonly name: string; readonly address: string }[];
}

export interface ConfigInput {
  /** Holds the files; the user must be able to reach it. */
  readonly folder: string;
  readonly address: string;
  readonly user: string;
  /** Names the host's own servers; absent: nobody is asked. */
  readonly resolvConf?: string | undefined;
}

/** Read again at SIGHUP. */
export const hostsName = "hosts";
export const serversName = "servers";

/** Read at start alone; a change needs another process. */
export function configText({ folder, address, user, resolvConf }: ConfigInput): string {
  return lines([
    `listen-address=${address}`,
    "bind-interfaces", // no other address, so that other name servers on the host are not in the way
    "no-hosts",
    `addn-hosts=${join(folder, hostsName)}`,
    `servers-file=${join(folder, serversName)}`,
    resolvConf === undefined ? "no-resolv" : `resolv-file=${resolvConf}`,
    "domain-needed", // a single word that is not ours is never asked of others
    "local-ttl=0", // a change is seen by the next question
    "cache-size=2000",
    "dns-forward-max=1000",
    `user=${user}`,
    "pid-file=", // it is found by its arguments, which cannot be stale
    "log-facility=-",
  ]);
}

/** The configuration is part of the file's name: who runs with another one is seen from outside. */
export function configName(text: string): string {
  return `dnsmasq-${createHash("sha256").update(text).digest("hex").slice(0, 8)}.conf`;
}

export function hostsText({ records }: TableInput): string {
  return lines(records.map(({ address, name }) => `${address} ${name}`));
}

/** A domain without a server: answered from the hosts file, else it does not exist. */
export function serversText({ domains, asksOthers }: TableInput): string {
  const everything = asksOthers ? [] : ["#"];
  return lines([...domains, ...everything].map((domain) => `server=/${domain}/`));
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join("");
}

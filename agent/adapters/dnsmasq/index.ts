/**
 * Names by dnsmasq(8), a process of its own that goes on answering while the agent is away.
 * Invariant: one server an address, bound to that alone, which answers from the last table within a moment of its change; it is
 * found by looking, never by remembering. Does not decide what a name means, and does not restart by itself.
 */
export { createDnsmasq, type Dnsmasq, type DnsmasqOptions } from "./dnsmasq.ts";
export type { TableInput } from "./files.ts";
export { createDnsmasqViews, type DnsmasqViews } from "./views.ts";

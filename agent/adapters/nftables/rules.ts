import { type IsolationInput, isolationOf } from "./isolation.ts";
import type { Chain, NamedSet, Ruleset } from "./types.ts";

/** What the rules are made from; see `TrafficPlan` of agent/network, which says what each of it means. */
export interface RulesInput extends IsolationInput {
  readonly devicePrefix: string;
  readonly anchor: string;
  readonly gateway: string;
  readonly hostCidr: string;
  readonly peerCidrs: readonly string[];
  readonly serviceCidr: string;
  readonly services: readonly {
    readonly uid: string;
    readonly address: string;
    readonly targets: readonly string[];
    readonly translated: readonly {
      readonly protocol: "tcp" | "udp";
      readonly port: number;
      readonly targetPort: number;
    }[];
  }[];
  readonly published: readonly {
    readonly protocol: "tcp" | "udp";
    readonly port: number;
    readonly hostIp?: string;
    readonly targetPort: number;
    readonly targets: readonly string[];
  }[];
  readonly localTargets: readonly string[];
  readonly metadataReaders: readonly string[];
  readonly fixedAddresses: readonly string[];
}

/**
 * Where clouds tell a machine who it is and hand out its credentials: all link-local addresses (every cloud's
 * 169.254.169.254, ECS's 169.254.170.2), and what Alibaba and Azure have beside them.
 */
const metadataEndpoints = "{ 100.100.100.200, 168.63.129.16, 169.254.0.0/16 }";

/** Where the names of networks are answered: no packet from elsewhere has such an address. */
const nameServers = "127.64.0.0/10";

/**
 * The whole table's content, a pure function of the plan. Every packet between two hosts' instances passes `arriving`
 * and `forwarded` on both: what an established flow meets there comes first and is kept short (decision 27).
 *
 * A packet's way: `arriving` (nothing forged from an instance; from the machine's other networks nothing that is
 * addressed to an instance, a service or the name server: they reach what is published), `prerouting` or, from the
 * host itself, `output` (a service's address or a published port becomes one instance's address, once a flow: conntrack keeps it there),
 * `input` and `forwarded` (between instances what their networks allow, and of an instance nothing to metadata
 * endpoints, unless it may), these and `leaving` (what still has such an address had no instance to go to: refused, not lost),
 * `source` (a source address the answer finds its way back to).
 */
export function rulesOf(plan: RulesInput): Ruleset {
  const { gateway, hostCidr, clusterCidr, serviceCidr } = plan;
  const ours = `"${plan.devicePrefix}*"`;
  const anchor = `"${plan.anchor}"`;
  const at = plan.published.filter(({ hostIp }) => hostIp !== undefined);
  const anywhere = plan.published.filter(({ hostIp }) => hostIp === undefined);
  const dns = "meta l4proto { tcp, udp } th dport 53";
  const ownDns = `ip daddr ${gateway} ${dns}`;
  const isolation = isolationOf(plan);
  return {
    sets: new Map([
      map("services", "ipv4_addr", plan.services, ({ address }) => address, serviceChain),
      map("published-at", "inet_proto . ipv4_addr . inet_service", at, placeOf, portChain),
      map("published", "inet_proto . inet_service", anywhere, placeOf, portChain),
      set("ports-at", "inet_proto . ipv4_addr . inet_service", at, placeOf),
      set("ports", "inet_proto . inet_service", anywhere, placeOf),
      set("fixed", "ipv4_addr", plan.fixedAddresses, (address) => address),
      nameServerMap(plan.groups),
      ...isolation.sets,
      set("metadata-readers", "ipv4_addr", plan.metadataReaders, (address) => address),
      set("themselves", "ipv4_addr . ipv4_addr", plan.localTargets, (address) => `${address} . ${address}`),
    ]),
    chains: new Map([
      ...plan.services.map(serviceRules),
      ...plan.published.map(portRules),
      chain("destination", [
        "meta nfproto ipv6 accept",
        "ip daddr vmap @services",
        `${ownDns} accept`,
        "fib daddr type != local accept",
        "meta l4proto . ip daddr . th dport vmap @published-at",
        "meta l4proto . th dport vmap @published",
      ]),
      ...isolation.chains,
      chain("refuse", ["meta l4proto tcp reject with tcp reset", "reject with icmpx port-unreachable"]),
      chain("metadata", [
        // Answers: load balancers ask after the health of what is published from such addresses.
        "ct direction reply return",
        "ip saddr @metadata-readers return",
        `ip daddr ${metadataEndpoints} goto refuse`,
        // Rules of somebody else may have led it to a program of the host.
        `ct original ip daddr ${metadataEndpoints} goto refuse`,
      ]),
      chain("forged", [
        // Instances have no IPv6 address yet; a link-local one would reach whatever the host serves on its link.
        "meta nfproto ipv6 drop",
        // Their links route loopback addresses (below, `source`), which is for answers alone. Nobody but programs of
        // the host hears what goes to all; such packets pass the check below without a source address.
        "ip daddr { 127.0.0.0/8, 224.0.0.0/4, 255.255.255.255 } drop",
        "fib saddr . iif oif missing drop",
      ]),
      chain("trespassing", [
        ...fromPeers(plan.peerCidrs),
        `ip daddr ${hostCidr} drop`,
        `ip daddr ${serviceCidr} drop`,
        "ip daddr @fixed drop",
      ]),
      base("arriving", "filter hook prerouting priority raw", [
        fromInstance(plan),
        `iifname ${ours} jump forged`,
        `iifname != "lo" iifname != ${ours} jump trespassing`,
      ]),
      base("prerouting", "nat hook prerouting priority dstnat", [
        `iifname ${ours} ${ownDns} dnat ip to ip saddr map @name-servers`,
        "jump destination",
      ]),
      base("output", "nat hook output priority -100", ["jump destination"]),
      base("input", "filter hook input priority filter", [
        "meta nfproto ipv6 accept",
        `iifname ${ours} jump metadata`,
        "ct state != new accept",
        `${ownDns} accept`,
        `ip daddr ${nameServers} ${dns} accept`,
        "meta l4proto . ip daddr . th dport @ports-at goto refuse",
        "fib daddr type local meta l4proto . th dport @ports goto refuse",
      ]),
      base("forwarded", "filter hook forward priority filter", [
        ...isolation.forwarded,
        // What goes on between instances: no metadata endpoint is one, nor was this flow led here from there.
        `oifname != ${anchor} ip daddr ${clusterCidr} ct state established accept`,
        `oifname ${anchor} goto refuse`,
        "ip daddr @fixed goto refuse",
        `iifname ${ours} goto metadata`,
      ]),
      base("leaving", "filter hook output priority filter", [
        `ip daddr ${serviceCidr} goto refuse`,
        "ip daddr @fixed goto refuse",
        // What was rewritten here still counts as leaving through the anchor.
        `ct status & dnat == 0 ip daddr ${clusterCidr} oifname ${anchor} goto refuse`,
        // An instance that speaks to itself is on the same link as its neighbour, but must go on asking the host.
        `oifname ${ours} icmp type redirect drop`,
      ]),
      base("source", "nat hook postrouting priority srcnat", [
        `ip saddr . ip daddr @themselves snat ip to ${gateway}`,
        `ip saddr 127.0.0.0/8 oifname ${ours} snat ip to ${gateway}`,
        `ip saddr ${hostCidr} ip daddr != ${clusterCidr} oifname != ${ours} masquerade`,
        // A published port answered by another host's instance: the answer must come back through here.
        `ct status dnat ip saddr != ${clusterCidr} ip daddr != ${hostCidr} ip daddr ${clusterCidr} snat ip to ${gateway}`,
      ]),
    ]),
  };
}

/**
 * Most packets between instances are known by this one rule: from a sender who is where it belongs to another
 * instance. All others are told apart by the rules that follow it, which would let these go on too.
 */
function fromInstance({ clusterCidr, hostCidr, peerCidrs }: RulesInput): string {
  const senders = `{ ${[hostCidr, ...peerCidrs].join(", ")} }`;
  return `ip daddr ${clusterCidr} ip saddr ${senders} fib saddr . iif oif exists accept`;
}

/** Another host's instance comes by the way that leads to it; from anywhere else its address is forged. */
function fromPeers(cidrs: readonly string[]): string[] {
  if (cidrs.length === 0) return [];
  const senders = `ip saddr { ${cidrs.join(", ")} }`;
  return [`${senders} fib saddr . iif oif exists return`, `${senders} drop`];
}

type Service = RulesInput["services"][number];
type Port = RulesInput["published"][number];
type Named<Part> = [string, Part];

/** Services never change, and most of them are the same objects in the next plan: so are their chains then. */
const knownChains = new WeakMap<Service, Named<Chain>>();

function serviceRules(service: Service): Named<Chain> {
  const known = knownChains.get(service) ?? serviceRulesAnew(service);
  knownChains.set(service, known);
  return known;
}

function serviceRulesAnew(service: Service): Named<Chain> {
  const { targets, translated } = service;
  if (targets.length === 0) return chain(serviceChain(service), []);
  const rules = translated.map(({ protocol, port, targetPort }) => {
    return `${protocol} dport ${port} dnat ip to ${oneOf(targets)} : ${targetPort}`;
  });
  return chain(serviceChain(service), [...rules, `dnat ip to ${oneOf(targets)}`]);
}

function portRules(port: Port): Named<Chain> {
  const { protocol, targets, targetPort } = port;
  const rules =
    targets.length === 0 ? [] : [`meta l4proto ${protocol} dnat ip to ${oneOf(targets)} : ${targetPort}`];
  return chain(portChain(port), rules);
}

/** Each with the same chance, drawn once a flow. */
function oneOf(targets: readonly string[]): string {
  if (targets.length === 1) return `${targets[0]}`;
  return `numgen random mod ${targets.length} map { ${targets.map((target, index) => `${index} : ${target}`).join(", ")} }`;
}

function serviceChain({ uid }: Service): string {
  return `service-${uid}`;
}

function portChain({ protocol, port, hostIp }: Port): string {
  return ["publish", protocol, port, ...(hostIp === undefined ? [] : [hostIp])].join("-");
}

function placeOf({ protocol, port, hostIp }: Port): string {
  return [protocol, ...(hostIp === undefined ? [] : [hostIp]), port].join(" . ");
}

function set<Item>(
  name: string,
  type: string,
  items: readonly Item[],
  element: (item: Item) => string,
): Named<NamedSet> {
  return [name, { kind: "set", type, elements: items.map(element) }];
}

/** Leads packets that match an item to its chain. */
function map<Item>(
  name: string,
  type: string,
  items: readonly Item[],
  key: (item: Item) => string,
  chainOf: (item: Item) => string,
): Named<NamedSet> {
  const elements = items.map((item) => `${key(item)} : goto ${chainOf(item)}`);
  return [name, { kind: "map", type: `${type} : verdict`, elements }];
}

/** Leads who is in networks to the answers for those. */
function nameServerMap(groups: RulesInput["groups"]): Named<NamedSet> {
  const elements = groups.flatMap(({ nameServer, addresses }) =>
    addresses.map((address) => `${address} : ${nameServer}`),
  );
  return ["name-servers", { kind: "map", type: "ipv4_addr : ipv4_addr", elements }];
}

function chain(name: string, rules: readonly string[]): Named<Chain> {
  return [name, { rules }];
}

function base(name: string, hook: string, rules: readonly string[]): Named<Chain> {
  return [name, { hook: `type ${hook}; policy accept;`, rules }];
}

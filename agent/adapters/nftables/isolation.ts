import type { Chain, NamedSet } from "./types.ts";

/** See `TrafficPlan` of agent/network. */
export interface IsolationInput {
  readonly clusterCidr: string;
  readonly otherGateways: readonly string[];
  readonly networks: readonly { readonly name: string; readonly members: readonly string[] }[];
  readonly groups: readonly {
    readonly id: string;
    readonly networks: readonly string[];
    readonly isOpen: boolean;
    readonly isInternal: boolean;
    readonly nameServer: string;
    readonly addresses: readonly string[];
  }[];
}

type Group = IsolationInput["groups"][number];

export interface Isolation {
  readonly sets: readonly [string, NamedSet][];
  readonly chains: readonly [string, Chain][];
  /** What each packet between links passes; nothing where no instance is in a network. */
  readonly forwarded: readonly string[];
}

/**
 * Who of this host's instances may reach whom. Each end's host keeps its own instances' side, by the members of their
 * networks alone, so a packet between two hosts is looked at twice. Sharing a network goes both ways: answers need no
 * exception. Sources are who they say: `forged` and `trespassing` come first.
 */
export function isolationOf({ clusterCidr, otherGateways, networks, groups }: IsolationInput): Isolation {
  if (groups.length === 0) return { sets: [], chains: [], forwarded: [] };
  const limited = groups.filter(({ isOpen, isInternal }) => !isOpen || isInternal);
  const closed = groups.filter(({ isOpen }) => !isOpen);
  // Other hosts' own addresses: what is published there comes from them, and they are outside of every network.
  const another = (end: "saddr" | "daddr") =>
    `ip ${end} ${clusterCidr} ip ${end} != @other-hosts goto refuse`;
  const shared = (group: Group, end: "saddr" | "daddr") =>
    group.networks
      .filter((name) => networks.some((network) => network.name === name))
      .map((name) => `ip ${end} @${setOf(name)} return`);
  return {
    sets: [
      ...networks.map(({ name, members }): [string, NamedSet] => [setOf(name), addresses(members)]),
      ["other-hosts", addresses(otherGateways)],
      ["from-groups", verdicts(limited, ({ id }) => `jump from-${id}`)],
      ["to-groups", verdicts(closed, ({ id }) => `jump to-${id}`)],
    ],
    chains: [
      ...limited.map((group): [string, Chain] => {
        const inside = group.isOpen
          ? [`ip daddr ${clusterCidr} return`]
          : [...shared(group, "daddr"), another("daddr")];
        // An answer may leave: somebody outside asked for what is published.
        const outside = group.isInternal ? ["ct direction original goto refuse"] : [];
        return [`from-${group.id}`, { rules: [...inside, ...outside] }];
      }),
      ...closed.map((group): [string, Chain] => [
        `to-${group.id}`,
        { rules: [...shared(group, "saddr"), another("saddr")] },
      ]),
    ],
    forwarded: ["ip saddr vmap @from-groups", "ip daddr vmap @to-groups"],
  };
}

const setOf = (network: string) => `network-${network}`;

function addresses(elements: readonly string[]): NamedSet {
  return { kind: "set", type: "ipv4_addr", elements };
}

function verdicts(groups: readonly Group[], verdictOf: (group: Group) => string): NamedSet {
  const elements = groups.flatMap((group) =>
    group.addresses.map((address) => `${address} : ${verdictOf(group)}`),
  );
  return { kind: "map", type: "ipv4_addr : verdict", elements };
}

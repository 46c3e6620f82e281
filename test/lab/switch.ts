import type { Inside } from "./machine.ts";

/** Something with a cable to the switch. */
export interface Plugged {
  /** The switch's end of the cable. */
  readonly port: string;
}

export const switchDevice = "switch";

/** The lab's own end, where tests and their programs are. */
export const ownPort = "port0";
const ownAddress = "192.168.77.1";

/** Hosts have 192.168.77.11 and so on, in 192.168.77.0/24: outside of what clusters take for their own by default. */
export const addressOf = (number: number): string => `192.168.77.${10 + number}`;

/**
 * Rules of the bridge lose whole frames, as a broken cable does: neither end is told. Ports in `mute` are not heard,
 * those in `deaf` hear nothing, and the pairs in `apart` are lost from the first to the second.
 */
const rules = `table bridge faults {
  set mute { type ifname; }
  set deaf { type ifname; }
  set apart { type ifname . ifname; }
  chain forward {
    type filter hook forward priority 0;
    iifname @mute drop
    oifname @deaf drop
    iifname . oifname @apart drop
  }
}
`;

export async function startSwitch(machine: Inside): Promise<void> {
  const devices = [
    `link add ${switchDevice} type bridge`,
    `link add laptop type veth peer name ${ownPort}`,
    `link set ${ownPort} master ${switchDevice} up`,
    `link set ${switchDevice} up`,
    `address add ${ownAddress}/24 dev laptop`,
    "link set laptop up",
  ];
  await machine.output(["ip", "-batch", "-"], { input: `${devices.join("\n")}\n` });
  await change(machine, rules);
}

/** Loses what passes between a port and others, or all of it. */
export async function cut(machine: Inside, { port }: Plugged, peers: readonly Plugged[]): Promise<void> {
  if (peers.length === 0) return await change(machine, add("mute", [port]) + add("deaf", [port]));
  await change(machine, add("apart", peers.flatMap(pairsWith(port))));
}

/** Loses what a port sends to others, or all of it; what it is sent arrives. */
export async function cutOneWay(
  machine: Inside,
  { port }: Plugged,
  peers: readonly Plugged[],
): Promise<void> {
  if (peers.length === 0) return await change(machine, add("mute", [port]));
  await change(
    machine,
    add(
      "apart",
      peers.map((peer) => `${port} . ${peer.port}`),
    ),
  );
}

/** Ends every cut that a port has a part in. @param all of the switch's ports */
export async function heal(machine: Inside, { port }: Plugged, all: readonly Plugged[]): Promise<void> {
  const pairs = all.filter((peer) => peer.port !== port).flatMap(pairsWith(port));
  await change(machine, remove("mute", [port]) + remove("deaf", [port]) + remove("apart", pairs));
}

/** Ends every cut. */
export async function healAll(machine: Inside): Promise<void> {
  const sets = ["mute", "deaf", "apart"];
  await change(machine, sets.map((set) => `flush set bridge faults ${set}\n`).join(""));
}

const pairsWith = (port: string) => (peer: Plugged) => [`${port} . ${peer.port}`, `${peer.port} . ${port}`];

const add = (set: string, elements: readonly string[]): string =>
  elements.map((element) => `add element bridge faults ${set} { ${element} }\n`).join("");

/** To add is no error if it is there already, to delete is one if it is not. */
const remove = (set: string, elements: readonly string[]): string =>
  add(set, elements) +
  elements.map((element) => `delete element bridge faults ${set} { ${element} }\n`).join("");

async function change(machine: Inside, script: string): Promise<void> {
  await machine.output(["nft", "-f", "-"], { input: script });
}

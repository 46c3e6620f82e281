import type { Machine } from "../lab/index.ts";

/** The machine's address on a network of its own, as visitors from elsewhere know it. */
export const machineAddress = "198.51.100.1";
export const visitorNetns = "visitor";

/** A neighbour of the machine on a network that has nothing to do with instances'. */
export async function addVisitor(machine: Machine): Promise<void> {
  const script = `
    ip netns add ${visitorNetns}
    ip link add uplink type veth peer name eth0 netns ${visitorNetns}
    ip address add ${machineAddress}/24 dev uplink && ip link set uplink up
    ip -n ${visitorNetns} address add 198.51.100.2/24 dev eth0
    ip -n ${visitorNetns} link set eth0 up && ip -n ${visitorNetns} link set lo up`;
  await machine.output(["sh", "-ec", script]);
}

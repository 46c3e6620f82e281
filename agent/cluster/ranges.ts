/** Addresses in a host's /22: the network's and the broadcast's own stay unused, the host takes the first. */
const hostPrefix = 22;
export const hostAddresses = 2 ** (32 - hostPrefix);

export function parseIpv4(text: string): number {
  return text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function formatIpv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

export interface Range {
  readonly first: number;
  readonly size: number;
}

export function parseRange(cidr: string): Range {
  const [address = "", prefix = "32"] = cidr.split("/");
  const size = 2 ** (32 - Number(prefix));
  const start = parseIpv4(address);
  return { first: start - (start % size), size };
}

export function overlap(one: string, other: string): boolean {
  const [a, b] = [parseRange(one), parseRange(other)];
  return a.first < b.first + b.size && b.first < a.first + a.size;
}

/** The range of the host that joined at `position`; undefined once the cluster's range is used up. */
export function hostRange(clusterCidr: string, position: number): string | undefined {
  const { first, size } = parseRange(clusterCidr);
  const offset = position * hostAddresses;
  return offset + hostAddresses <= Math.max(size, hostAddresses)
    ? `${formatIpv4(first + offset)}/${hostPrefix}`
    : undefined;
}

/** How many hosts' ranges there are. */
export function rangesIn(clusterCidr: string): number {
  return Math.max(1, Math.floor(parseRange(clusterCidr).size / hostAddresses));
}

/** The host's own address in its range: the first one. */
export function gatewayOf(hostCidr: string): string {
  return formatIpv4(parseRange(hostCidr).first + 1);
}

/**
 * The next address behind the last one given, around the range, that is not in use: an address comes back only
 * after all others had their turn. `reserved` counts addresses at the start that are never given.
 */
export function nextAddress(
  cidr: string,
  given: number,
  inUse: ReadonlySet<string>,
  reserved: number,
): { address: string; given: number } | undefined {
  const { first, size } = parseRange(cidr);
  const usable = size - reserved - 1;
  for (let step = 0; step < usable && step <= inUse.size; step++) {
    const address = formatIpv4(first + reserved + ((given + step) % usable));
    if (!inUse.has(address)) return { address, given: given + step + 1 };
  }
  return undefined;
}

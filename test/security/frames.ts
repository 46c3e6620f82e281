/** Ethernet frames as a hostile instance would make them, in hexadecimal. */

const macs = { host: "eeeeeeeeeeee", instance: "020000000001", everybody: "ffffffffffff" };

/** A datagram of one byte in IPv4, with the source it claims. */
export function ipv4Frame(source: string, destination: string, port = 514): string {
  const udp = Buffer.alloc(9);
  udp.writeUInt16BE(4711, 0);
  udp.writeUInt16BE(port, 2);
  udp.writeUInt16BE(udp.length, 4); // The checksum may be left out in IPv4.
  const header = Buffer.from("450000000000000040110000", "hex");
  header.writeUInt16BE(20 + udp.length, 2);
  const packet = Buffer.concat([header, octets(source), octets(destination)]);
  packet.writeUInt16BE(checksum(packet), 10);
  return `${macs.host}${macs.instance}0800${packet.toString("hex")}${udp.toString("hex")}`;
}

/** An ICMPv6 echo request from one link-local address to the host's. */
export function ipv6Frame(destination: string): string {
  const echo = "8000000000000001";
  const source = `fe80${"00".repeat(13)}07`;
  return `${macs.host}${macs.instance}86dd6000000000083a40${source}${destination}${echo}`;
}

/** An answer that nobody asked for: this address is at the instance's device. */
export function arpFrame(claimed: string, told: string): string {
  const claim = `${macs.instance}${octets(claimed).toString("hex")}${macs.host}${octets(told).toString("hex")}`;
  return `${macs.everybody}${macs.instance}08060001080006040002${claim}`;
}

function octets(address: string): Buffer {
  return Buffer.from(address.split(".").map(Number));
}

function checksum(header: Buffer): number {
  let sum = 0;
  for (let at = 0; at < header.length; at += 2) sum += header.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

export interface Listener {
  /** Dotted IPv4, `any` for every address, or `ipv6` for another IPv6 one. */
  readonly address: string;
  readonly port: number;
  readonly inode: string;
}

/** States in /proc/net: TCP_LISTEN; a UDP socket that is bound but not connected counts as TCP_CLOSE. */
const listening = { tcp: "0A", udp: "07" } as const;

/** Reads /proc/net/{tcp,udp}[6] (proc_net(5)): addresses are hexadecimal words in the machine's order, little-endian. */
export function parseListeners(text: string, protocol: "tcp" | "udp"): Listener[] {
  return text
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
      const [address = "", port = ""] = local.split(":");
      if (state !== listening[protocol]) return [];
      return [{ address: readAddress(address), port: Number.parseInt(port, 16), inode }];
    });
}

function readAddress(hex: string): string {
  if (/^0*$/.test(hex)) return "any";
  const mapped = /^0{16}FFFF0000([0-9A-F]{8})$/.exec(hex)?.[1];
  const word = mapped ?? (hex.length === 8 ? hex : undefined);
  if (word === undefined) return "ipv6";
  return (word.match(/../g) ?? [])
    .map((byte) => Number.parseInt(byte, 16))
    .reverse()
    .join(".");
}

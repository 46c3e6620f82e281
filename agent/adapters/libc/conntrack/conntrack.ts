import { loadLibc } from "../functions.ts";
import { decodeAttributes } from "../netlink/decode.ts";
import { attribute, ipv4, NLM_F_DUMP, nested, type Request, u32 } from "../netlink/encode.ts";
import { type Answer, netlinkFamily, openNetlink } from "../netlink/socket.ts";
import type { Conntrack, UdpFlows } from "./types.ts";

/** linux/netfilter/nfnetlink_conntrack.h */
const GET = (1 << 8) | 1;
const DELETE = (1 << 8) | 2;
const AF_INET = 2;
const IPPROTO_UDP = 17;
const cta = { original: 1, reply: 2, id: 12, filter: 25 };
const tuple = { ip: 1, protocol: 2 };
const ip = { source: 1, destination: 2 };
const filter = { originalFlags: 1, replyFlags: 2, ipSource: 1 << 0, ipDestination: 1 << 1, protocol: 1 << 3 };
const protocolNumber = 1;
/** Deletions sent at once: their acknowledgements fit the socket's buffer. */
const batchSize = 64;
/** For each question the kernel goes through its whole table, some milliseconds: of more than so many, all flows are asked for at once. */
const mostQuestions = 4;
/** struct nfgenmsg: family, version, resource id. */
const header = Buffer.from([AF_INET, 0, 0, 0]);
const udp = nested(tuple.protocol, attribute(protocolNumber, Buffer.from([IPPROTO_UDP])));

/** By ctnetlink: the kernel looks for the flows (since Linux 5.8), and each one is then deleted by its id. */
export function createConntrack(): Conntrack {
  const socket = openNetlink(loadLibc(), netlinkFamily.netfilter);
  return {
    async deleteUdpFlows(flows) {
      const found =
        flows.length > mostQuestions
          ? among(flows, socket.exchange([dumpAll]))
          : flows.flatMap((one) => socket.exchange([dumpUdpFlows(one)]));
      for (let at = 0; at < found.length; at += batchSize) {
        socket.exchange(found.slice(at, at + batchSize).map(deleteFlow), ["ENOENT"]);
      }
      return found.length;
    },
    close: () => socket.close(),
  };
}

function dumpUdpFlows({ originalDestination, replySource }: UdpFlows): Request {
  return {
    action: `list UDP flows to ${originalDestination}`,
    type: GET,
    flags: NLM_F_DUMP,
    payload: Buffer.concat([
      header,
      nested(cta.original, nested(tuple.ip, attribute(ip.destination, ipv4(originalDestination))), udp),
      nested(cta.reply, nested(tuple.ip, attribute(ip.source, ipv4(replySource)))),
      nested(
        cta.filter,
        attribute(filter.originalFlags, u32(filter.ipDestination | filter.protocol)),
        attribute(filter.replyFlags, u32(filter.ipSource)),
      ),
    ]),
  };
}

const dumpAll: Request = {
  action: "list UDP flows",
  type: GET,
  flags: NLM_F_DUMP,
  payload: Buffer.concat([
    header,
    nested(cta.original, udp),
    nested(cta.filter, attribute(filter.originalFlags, u32(filter.protocol))),
  ]),
};

/** Of all flows those that are meant. */
function among(flows: readonly UdpFlows[], all: readonly Answer[]): Answer[] {
  const key = (destination: Buffer, source: Buffer) => `${destination.join(".")} ${source.join(".")}`;
  const meant = new Set(
    flows.map(({ originalDestination, replySource }) => key(ipv4(originalDestination), ipv4(replySource))),
  );
  return all.filter(({ payload }) => {
    const attributes = decodeAttributes(payload.subarray(header.length));
    const destination = addressesOf(attributes.get(cta.original)).get(ip.destination);
    const source = addressesOf(attributes.get(cta.reply)).get(ip.source);
    return destination && source && meant.has(key(destination, source));
  });
}

const addressesOf = (tuples: Buffer = Buffer.alloc(0)) =>
  decodeAttributes(decodeAttributes(tuples).get(tuple.ip) ?? Buffer.alloc(0));

/** The original tuple finds the flow; the id keeps a later flow of the same tuple. */
function deleteFlow({ payload }: Answer): Request {
  const attributes = decodeAttributes(payload.subarray(header.length));
  const original = attributes.get(cta.original) ?? Buffer.alloc(0);
  const id = attributes.get(cta.id);
  return {
    action: "delete UDP flow",
    type: DELETE,
    flags: 0,
    payload: Buffer.concat([header, nested(cta.original, original), ...(id ? [attribute(cta.id, id)] : [])]),
  };
}

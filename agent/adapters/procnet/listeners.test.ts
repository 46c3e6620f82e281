import { describe, expect, test } from "@jest/globals";
import { parseListeners } from "./listeners.ts";
import { isInTheWay } from "./probe.ts";

const header =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
const line = (local: string, state: string, inode: number) =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  0  0 ${inode} 1 000000 100 0 0 10 0`;

describe("sockets that listen", () => {
  test.each([
    ["0100007F:1F90", "0A", "tcp", { address: "127.0.0.1", port: 8080, inode: "77" }],
    ["00000000:0016", "0A", "tcp", { address: "any", port: 22, inode: "77" }],
    ["00000000:0035", "07", "udp", { address: "any", port: 53, inode: "77" }],
    ["00000000000000000000000000000000:0050", "0A", "tcp", { address: "any", port: 80, inode: "77" }],
    ["0000000000000000FFFF00000100007F:0050", "0A", "tcp", { address: "127.0.0.1", port: 80, inode: "77" }],
  ] as const)("%s in state %s of %s", (local, state, protocol, socket) => {
    expect(parseListeners(`${header}\n${line(local, state, 77)}\n`, protocol)).toEqual([socket]);
  });

  test.each([
    ["an established connection", "0100007F:1F90", "01", "tcp"],
    ["a connected UDP socket", "0100007F:1F90", "01", "udp"],
  ] as const)("%s is none", (_, local, state, protocol) => {
    expect(parseListeners(`${header}\n${line(local, state, 77)}\n`, protocol)).toEqual([]);
  });
});

test.each([
  ["any", undefined, true],
  ["any", "192.0.2.7", true],
  ["127.0.0.1", undefined, true],
  ["127.0.0.1", "127.0.0.1", true],
  ["127.0.0.1", "192.0.2.7", false],
  ["ipv6", undefined, false],
])("a listener at %s is in the way of publishing at %s: %s", (address, hostIp, expected) => {
  expect(isInTheWay(address, hostIp)).toBe(expected);
});

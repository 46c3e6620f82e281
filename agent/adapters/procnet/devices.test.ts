import { expect, test } from "@jest/globals";
import { parseDevices } from "./devices.ts";

test("the kernel's table of devices", () => {
  const text = [
    "Inter-|   Receive                                                |  Transmit",
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop",
    "    lo:     100       1    0    0    0     0          0         0      200       2    0    0    0     0       0          0",
    "cst0abc: 18446744073       0    0    0    0     0          0         0        5       0    0    0    0     0       0          0",
    "",
  ].join("\n");
  expect(Object.fromEntries(parseDevices(text))).toEqual({
    lo: { receivedBytes: 100, sentBytes: 200 },
    cst0abc: { receivedBytes: 18_446_744_073, sentBytes: 5 },
  });
});

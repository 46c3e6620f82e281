import { expect, test } from "@jest/globals";
import { networkViolations } from "./founding.ts";

const network = {
  cidr: "10.64.0.0/12",
  serviceCidr: "240.0.0.0/4",
  domain: "internal",
  mode: "direct" as const,
};
const eth0 = (range: string) => [{ device: "eth0", range }];

test.each([
  ["the defaults on a usual machine", {}, eth0("192.168.1.7/24"), []],
  ["the range just beside", {}, eth0("10.80.0.1/12"), []],
  ["a machine inside of the cluster's range", {}, eth0("10.70.1.5/24"), ["network.cidr"]],
  ["a machine whose range holds the cluster's", {}, eth0("10.1.2.3/8"), ["network.cidr"]],
  ["no room for a host", { cidr: "10.64.0.0/23" }, [], ["network.cidr"]],
  ["ranges that overlap", { serviceCidr: "10.65.0.0/16" }, [], ["network.serviceCidr"]],
  [
    "everything there is",
    { cidr: "0.0.0.0/0" },
    eth0("192.168.1.7/24"),
    ["network.serviceCidr", "network.cidr"],
  ],
])("%s", (_, changed, local, paths) => {
  expect(networkViolations({ ...network, ...changed }, local).map(({ path }) => path)).toEqual(paths);
});

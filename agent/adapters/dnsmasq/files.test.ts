import { expect, test } from "@jest/globals";
import { configName, configText, hostsText, serversText } from "./files.ts";

const table = {
  address: "10.64.0.1",
  domains: ["jobs.internal", "shop.internal"],
  asksOthers: true,
  records: [
    { name: "peers.shop.internal", address: "10.64.0.2" },
    { name: "peers.shop.internal", address: "10.64.0.3" },
  ],
};

test("a record is a line of the hosts file", () => {
  expect(hostsText(table)).toBe("10.64.0.2 peers.shop.internal\n10.64.0.3 peers.shop.internal\n");
});

test("our domains have no server to ask", () => {
  expect(serversText(table)).toBe("server=/jobs.internal/\nserver=/shop.internal/\n");
});

test("where others are not to be asked, every other name is ours and does not exist", () => {
  const text = serversText({ ...table, domains: ["shop.internal"], asksOthers: false });
  expect(text).toBe("server=/shop.internal/\nserver=/#/\n");
});

test("nothing to serve is an empty file", () => {
  expect([hostsText({ ...table, records: [] }), serversText({ ...table, domains: [] })]).toEqual(["", ""]);
});

test("the configuration's name changes with its content, and with nothing else", () => {
  const input = {
    folder: "/run/x/dns",
    address: "10.64.0.1",
    user: "nobody",
    resolvConf: "/etc/resolv.conf",
  };
  const name = configName(configText(input));
  expect(name).toMatch(/^dnsmasq-[0-9a-f]{8}\.conf$/);
  expect(configName(configText({ ...input }))).toBe(name);
  expect(configName(configText({ ...input, address: "10.64.4.1" }))).not.toBe(name);
});

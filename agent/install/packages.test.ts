import { expect, test } from "@jest/globals";
import { packageManagerOf, packageOf } from "./packages.ts";

test.each([
  ["apt", 'PRETTY_NAME="Debian GNU/Linux 12"\nVERSION_ID="12"\nID=debian\n'],
  ["apt", 'ID=linuxmint\nID_LIKE="ubuntu debian"\n'],
  ["dnf", 'ID="rocky"\nID_LIKE="rhel centos fedora"\n'],
  ["pacman", "ID=arch\n"],
  ["apk", "ID=alpine\n"],
  [undefined, "ID=nixos\n"],
  [undefined, ""],
] as const)("%s installs packages where os-release says %j", (manager, text) => {
  expect(packageManagerOf(text)).toBe(manager);
});

test.each([
  ["dnsmasq", "apt", "apt-get install dnsmasq-base"],
  ["ip", "dnf", "dnf install iproute"],
  ["dnsmasq", "pacman", "pacman -S dnsmasq"],
  ["crun", undefined, "install the package crun"],
] as const)("%s comes by %s: %s", (program, manager, fix) => {
  expect(packageOf(program, manager)?.fix).toBe(fix);
});

test("no package has this product's own tools", () => {
  expect(packageOf("etcd", "apt")).toBeUndefined();
});

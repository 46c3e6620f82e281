import type { PackageManager } from "./types.ts";

/** By what installs it. */
type Package = Readonly<Record<PackageManager, string>>;

const sameEverywhere = (name: string): Package => ({ apt: name, dnf: name, pacman: name, apk: name });

/** No distribution's etcd is used: it comes with this product's own tools. */
const packages: Readonly<Record<string, Package | undefined>> = {
  crun: sameEverywhere("crun"),
  conmon: sameEverywhere("conmon"),
  nft: sameEverywhere("nftables"),
  ip: { ...sameEverywhere("iproute2"), dnf: "iproute" },
  nsenter: { ...sameEverywhere("util-linux"), apk: "util-linux-misc" },
  setpriv: { ...sameEverywhere("util-linux"), apk: "setpriv" },
  wg: sameEverywhere("wireguard-tools"),
  dnsmasq: { ...sameEverywhere("dnsmasq"), apt: "dnsmasq-base" },
  etcd: undefined,
};

/** Programs an agent starts, with the Debian package that has each. */
export const requiredPrograms: Readonly<Record<string, string | undefined>> = Object.fromEntries(
  Object.entries(packages).map(([program, names]) => [program, names?.apt]),
);

const commands: Readonly<Record<PackageManager, string>> = {
  apt: "apt-get install",
  dnf: "dnf install",
  pacman: "pacman -S",
  apk: "apk add",
};

/** What to run for a missing program, and the package; undefined when no package has it. */
export function packageOf(
  program: string,
  manager: PackageManager | undefined,
): { readonly fix: string; readonly package: string } | undefined {
  const names = packages[program];
  if (names === undefined) return undefined;
  if (manager === undefined) return { fix: `install the package ${names.apt}`, package: names.apt };
  return { fix: `${commands[manager]} ${names[manager]}`, package: names[manager] };
}

/** Distributions and those they derive from, as os-release(5) names them. */
const managers: Readonly<Record<string, PackageManager>> = {
  ...{ debian: "apt", ubuntu: "apt" },
  ...{ fedora: "dnf", rhel: "dnf", centos: "dnf" },
  ...{ arch: "pacman", alpine: "apk" },
};

/** What installs packages, by the text of /etc/os-release: `ID` first, then `ID_LIKE`, the nearest relative first. */
export function packageManagerOf(osRelease: string): PackageManager | undefined {
  const field = (name: string) => new RegExp(`^${name}=["']?([^"'\n]*)`, "m").exec(osRelease)?.[1] ?? "";
  const names = [field("ID"), ...field("ID_LIKE").split(" ")];
  return names.map((name) => managers[name]).find((manager) => manager !== undefined);
}

import { describe, expect, test } from "@jest/globals";
import { decide } from "./decide.ts";
import type { Facts } from "./types.ts";

const fit: Facts = {
  isRoot: true,
  kernelRelease: "6.1.0-18-amd64",
  stateDir: "/var/lib/constellation",
  overlay: { works: true },
  controllers: ["cpu", "io", "memory", "pids"],
  missingPrograms: [],
  isGlibc: true,
  packageManager: "apt",
  portTaken: undefined,
  freeBytes: 10 * 1024 ** 3,
  hasState: false,
  foreignFolders: [],
  droppingChains: [],
  devicePrefix: "cst",
};

describe("decide", () => {
  test("finds nothing wrong with a fit machine", () => {
    expect(decide(fit)).toEqual([]);
  });

  test.each<[string, Partial<Facts>, RegExp]>([
    ["root-user", { isRoot: false, overlay: undefined }, /not root/],
    ["kernel", { kernelRelease: "5.4.0-150-generic" }, /the kernel is 5\.4\.0/],
    ["overlay", { overlay: { works: false, reason: "unknown filesystem type" } }, /unknown filesystem type/],
    ["cgroups", { controllers: ["cpu"] }, /memory, pids/],
    ["program", { missingPrograms: ["etcd"] }, /etcd is not installed/],
    ["libc", { isGlibc: false }, /not glibc/],
    ["port-53", { portTaken: { address: "every address" } }, /port 53 of every address/],
    ["disk-space", { freeBytes: 100 * 1024 ** 2 }, /100 MiB are free/],
    ["folder", { foreignFolders: ["/srv/lib"] }, /\/srv\/lib holds files/],
  ])("%s: says what is wrong and how to mend it", (id, seen, problem) => {
    const findings = decide({ ...fit, ...seen });
    expect(findings).toEqual([
      expect.objectContaining({ severity: "refusal", id, problem: expect.stringMatching(problem) }),
    ]);
    expect(findings[0]?.fix).not.toBe("");
  });

  test("warns alone of little room where an agent has its state: what runs there must be changeable", () => {
    expect(decide({ ...fit, freeBytes: 0, hasState: true })).toEqual([
      {
        severity: "warning",
        id: "disk-space",
        problem: "0 MiB are free for /var/lib/constellation",
        fix: "free at least 1024 MiB",
      },
    ]);
  });

  test("warns of another agent: its Cluster may have other ranges than this one's", () => {
    const portTaken = { address: "10.64.0.1", agent: "/srv/other/run" };
    expect(decide({ ...fit, portTaken })).toEqual([
      {
        severity: "warning",
        id: "other-agent",
        problem: expect.stringMatching(/^another agent \(\/srv\/other\/run\) has the address 10\.64\.0\.1/),
        fix: expect.stringContaining("network.serviceCidr"),
      },
    ]);
  });

  test.each([
    ["ip", "filter", "FORWARD", "forward", /`iptables -I FORWARD -i cst\+ -j ACCEPT`.*DOCKER-USER/],
    ["ip", "filter", "INPUT", "input", /`nft insert rule ip filter INPUT iifname "cst\*".*dport 53 accept`/],
    ["inet", "mine", "fwd", "forward", /`nft insert rule inet mine fwd oifname "cst\*" accept`/],
    ["inet", "firewalld", "filter_FORWARD", "forward", /firewall-cmd --permanent --zone=trusted/],
  ] as const)("warns of a firewall: %s %s %s", (family, table, name, hook, fix) => {
    const findings = decide({ ...fit, droppingChains: [{ family, table, name, hook }] });
    expect(findings).toEqual([
      {
        severity: "warning",
        id: "firewall",
        problem: expect.stringContaining(name),
        fix: expect.stringMatching(fix),
      },
    ]);
  });

  test("names the package of a missing program", () => {
    const [finding] = decide({ ...fit, missingPrograms: ["dnsmasq"] });
    expect(finding).toMatchObject({ fix: "apt-get install dnsmasq-base", package: "dnsmasq-base" });
  });

  test("finds all at once", () => {
    const findings = decide({ ...fit, isRoot: false, missingPrograms: ["crun", "conmon"], freeBytes: 0 });
    expect(findings.map(({ id }) => id)).toEqual(["root-user", "disk-space", "program", "program"]);
  });

  test.each(["5.10.0", "5.15.0-91-generic", "6.0", "unreadable"])(
    "accepts the kernel %s",
    (kernelRelease) => {
      expect(decide({ ...fit, kernelRelease })).toEqual([]);
    },
  );
});

import { createHash } from "node:crypto";
import { allowed, byArchitecture, byCapability, refused } from "./seccomp-table.ts";

const EPERM = 1;
const EINVAL = 22;
const ENOSYS = 38;
const AF_NETLINK = 16;
const NETLINK_AUDIT = 9;
/** Every CLONE_NEW* of clone(2). */
const NAMESPACE_FLAGS = 0x7e020000;

/** personality(2): Linux, with and without short file names, and a question that changes nothing. */
const harmlessPersonalities = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];

const architectures: Readonly<Record<string, readonly string[]>> = {
  x64: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
  arm64: ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
};

interface Rule {
  readonly names: readonly string[];
  readonly action: "SCMP_ACT_ALLOW" | "SCMP_ACT_ERRNO";
  readonly errnoRet?: number;
  readonly args?: readonly {
    readonly index: number;
    readonly value: number;
    readonly valueTwo?: number;
    readonly op: string;
  }[];
}

/** `linux.seccomp` of the OCI runtime specification. */
export interface SeccompProfile {
  readonly defaultAction: "SCMP_ACT_ERRNO";
  readonly defaultErrnoRet: number;
  readonly architectures: readonly string[];
  readonly syscalls: readonly Rule[];
}

/** The default filter for a container with these capabilities (`CAP_...`). */
export function seccompProfile(
  capabilities: readonly string[],
  architecture: string = process.arch,
): SeccompProfile {
  const held = new Set(capabilities);
  return {
    defaultAction: "SCMP_ACT_ERRNO",
    defaultErrnoRet: ENOSYS,
    architectures: architectures[architecture] ?? [],
    syscalls: [
      allow(allowed),
      refuse(refused),
      ...Object.entries(byCapability).flatMap(([name, calls]) =>
        held.has(name) ? [allow(calls)] : withheld(calls),
      ),
      ...(byArchitecture[architecture] ? [allow(byArchitecture[architecture])] : []),
      ...harmlessPersonalities.map((value) => ({ ...allow(["personality"]), args: [equal(0, value)] })),
      ...socketRules(held.has("CAP_AUDIT_WRITE")),
    ],
  };
}

/**
 * Calls without their capability. Threads and processes come from clone(2) too: it loses its flags for namespaces
 * alone; the flags of clone3(2) are out of a filter's sight, so it fails with ENOSYS, and libraries use clone.
 */
function withheld(calls: readonly string[]): Rule[] {
  const plain = calls.filter((call) => call !== "clone" && call !== "clone3");
  if (plain.length === calls.length) return [refuse(plain)];
  const noNamespace = { index: 0, value: NAMESPACE_FLAGS, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" };
  return [refuse(plain), { ...allow(["clone"]), args: [noNamespace] }];
}

/** Names a profile by its content. */
export function profileKey(profile: SeccompProfile): string {
  return createHash("sha256").update(JSON.stringify(profile)).digest("hex").slice(0, 16);
}

/** The kernel's audit socket says EPERM to programs without the right, which some take for fatal; EINVAL they expect. */
function socketRules(mayAudit: boolean): Rule[] {
  if (mayAudit) return [allow(["socket"])];
  const differs = (index: number, value: number) => ({ index, value, op: "SCMP_CMP_NE" });
  return [
    { ...allow(["socket"]), args: [differs(0, AF_NETLINK)] },
    { ...allow(["socket"]), args: [differs(2, NETLINK_AUDIT)] },
    {
      names: ["socket"],
      action: "SCMP_ACT_ERRNO",
      errnoRet: EINVAL,
      args: [equal(0, AF_NETLINK), equal(2, NETLINK_AUDIT)],
    },
  ];
}

function equal(index: number, value: number) {
  return { index, value, op: "SCMP_CMP_EQ" };
}

function allow(names: readonly string[]): Rule {
  return { names, action: "SCMP_ACT_ALLOW" };
}

function refuse(names: readonly string[]): Rule {
  return { names, action: "SCMP_ACT_ERRNO", errnoRet: EPERM };
}

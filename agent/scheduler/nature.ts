import { satisfies, sayConstraint } from "./constraints.ts";
import { sayTaint, untolerated } from "./taints.ts";
import type { Machine, Reason, Request } from "./types.ts";

type Rule = (request: Request, machine: Machine) => readonly Reason[];

/** What a host is by itself, whatever runs on it: each rule with the reasons it has against an instance. */
const rules: readonly Rule[] = [
  (_, { state }) => (state === "ready" ? [] : [both(`is ${state}`, `are ${state}`)]),
  (_, { absences }) =>
    absences === undefined
      ? []
      : [{ ...both("comes and goes", "come and go"), detail: `fell silent ${absences} times lately` }],
  (_, { isDiskFull }) => (isDiskFull ? [both("has a full disk", "have a full disk")] : []),
  (_, { availability }) =>
    availability === "active" ? [] : [both(`is ${availability}`, `are ${availability}`)],
  ({ constraints }, { facts }) =>
    constraints
      .filter((constraint) => !satisfies(constraint, facts))
      .map((constraint) => {
        const wanted = sayConstraint(constraint);
        const detail = facts[constraint.key] ?? "not set";
        return { ...both(`fails the constraint ${wanted}`, `fail the constraint ${wanted}`), detail };
      }),
  ({ tolerations }, { taints }) => {
    const taint = untolerated(taints, tolerations, ["NoSchedule", "NoExecute"]);
    return taint ? [both(`has the taint ${sayTaint(taint)}`, `have the taint ${sayTaint(taint)}`)] : [];
  },
  ({ needsFence }, { fences }) => (needsFence && !fences ? [cannotFence] : []),
  refusedPowers,
];

/** Everything in a host's own nature that speaks against an instance. */
export function reasonsOfNature(request: Request, machine: Machine): Reason[] {
  return rules.flatMap((rule) => rule(request, machine));
}

/** How welcome an instance is by the host's nature. */
export const welcome = { never: 0, lastResort: 1, yes: 2 } as const;

export function welcomeOf(request: Request, machine: Machine): number {
  if (rules.some((rule) => rule(request, machine).length > 0)) return welcome.never;
  return untolerated(machine.taints, request.tolerations, ["PreferNoSchedule"])
    ? welcome.lastResort
    : welcome.yes;
}

/** Why an instance that runs on a host has to leave it; undefined: it may stay. A cordoned host keeps what it has. */
export function leaveReason(request: Request, machine: Machine): string | undefined {
  if (machine.availability === "draining") return `${machine.name} is being drained`;
  const taint = untolerated(machine.taints, request.tolerations, ["NoExecute"]);
  if (taint) return `${machine.name} has the taint ${sayTaint(taint)}`;
  const broken = request.constraints.find((constraint) => !satisfies(constraint, machine.facts));
  return broken && `${machine.name} fails the constraint ${sayConstraint(broken)}`;
}

/** What it asks of the kernel that nobody can be given there. */
export function refusedPowers({ ulimits, capabilities }: Request, machine: Machine): Reason[] {
  const lacked = capabilities.find((name) => machine.missingCapabilities.includes(name));
  return [
    ...Object.entries(ulimits).flatMap(([name, wanted]) => {
      const ceiling = machine.ulimitCeilings[name];
      if (ceiling === undefined || (wanted !== -1 && wanted <= ceiling)) return [];
      const words = `ulimit ${name} of ${wanted === -1 ? "unlimited" : wanted}`;
      const detail = `up to ${ceiling}`;
      return [{ ...both(`refuses ${words}`, `refuse ${words}`), detail, fix: "lower ulimits" }];
    }),
    ...(lacked === undefined ? [] : [lackedCapability(lacked)]),
  ];
}

function lackedCapability(name: string): Reason {
  const words = `no capability ${name} to give`;
  return { ...both(`has ${words}`, `have ${words}`), fix: "take it from security.capabilities.add" };
}

const cannotFence: Reason = {
  ...{ one: "cannot end it once cut off", many: "cannot end it once cut off" },
  ...{ detail: "its guard is older", fix: "bring its agent up anew" },
};

const both = (one: string, many: string): Reason => ({ one, many });

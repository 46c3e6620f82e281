import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Candidate } from "../documents/index.ts";
import type { Desired, Store } from "../store/index.ts";
import { publishPorts } from "./published-ports.ts";

interface Port {
  readonly port: number;
  readonly protocol: "tcp" | "udp";
  readonly targetPort?: number;
  readonly name?: string;
  readonly hostIp?: string;
  readonly publish?: number;
}

const owner = { org: "o", project: "p", stack: "s", urn: "u" } as unknown as Desired["owner"];

/** Publishes what a service asks for, after what it was given before; nobody else is there. */
async function publish(ports: readonly Port[], earlier?: Publishing, dryRun = false): Promise<Publishing> {
  const inputs = { ports };
  const candidate = { owner, namespace: "default", name: "web", uid: "1", inputs, dryRun, earlier };
  const store = { list: () => [] } as unknown as Store;
  const free = { holder: async () => undefined };
  return {
    inputs,
    outputs: { endpoints: await publishPorts(candidate as unknown as Candidate, store, free) },
  };
}

type Publishing = Pick<Desired, "inputs" | "outputs">;
const numbers = ({ outputs }: Publishing) =>
  (outputs.endpoints as { readonly port: number }[]).map(({ port }) => port);

describe("a number that was chosen", () => {
  const fixed: Port = { port: 80, protocol: "tcp", targetPort: 8000, publish: 18_080, name: "http" };
  const chosen: Port = { port: 81, protocol: "tcp", targetPort: 8000, publish: 0, hostIp: "127.0.0.1" };

  test("is kept beside a fixed one with the same target, in any order", async () => {
    const before = await publish([fixed, chosen]);
    expect(numbers(before)).toEqual([18_080, 30_000]);
    expect(numbers(await publish([fixed, chosen], before))).toEqual([18_080, 30_000]);
    expect(numbers(await publish([chosen, fixed], before))).toEqual([30_000, 18_080]);
    expect(numbers(await publish([fixed, chosen], before, true))).toEqual([18_080, 30_000]);
  });

  test("is kept under another name, and with another target", async () => {
    const before = await publish([fixed, chosen]);
    expect(numbers(await publish([{ ...chosen, name: "admin", targetPort: 9000 }], before))).toEqual([
      30_000,
    ]);
  });

  test("is not one that the user had asked for", async () => {
    expect(numbers(await publish([{ ...fixed, publish: 0 }], await publish([fixed])))).toEqual([30_000]);
  });

  test("gives way to a port of the service that asks for it", async () => {
    const before = await publish([chosen]);
    expect(numbers(await publish([chosen, { ...fixed, publish: 30_000 }], before))).toEqual([30_001, 30_000]);
    expect(numbers(await publish([chosen, { ...fixed, publish: 30_000 }]))).toEqual([30_001, 30_000]);
  });

  test("is kept beside one that asks for it at another address", async () => {
    const elsewhere: Port = { ...fixed, publish: 30_000, hostIp: "192.0.2.7" };
    expect(numbers(await publish([chosen, elsewhere], await publish([chosen])))).toEqual([30_000, 30_000]);
  });

  test("is 0 in a dry run that would choose it", async () => {
    expect(numbers(await publish([chosen], undefined, true))).toEqual([0]);
  });
});

describe("whatever a service's ports are", () => {
  const onePort = fc.record(
    {
      port: fc.integer({ min: 1, max: 6 }),
      protocol: fc.constantFrom("tcp" as const, "udp" as const),
      targetPort: fc.integer({ min: 1, max: 2 }),
      name: fc.constantFrom("a", "b"),
      hostIp: fc.constantFrom("127.0.0.1", "192.0.2.7", "0.0.0.0"),
      publish: fc.constantFrom(0, 0, 30_000, 30_001, 30_002),
    },
    { requiredKeys: ["port", "protocol"] },
  );
  const isFixed = ({ publish = 0 }: Port) => publish > 0;
  const sharesAddress = (one: Port, other: Port) => {
    const [a = "0.0.0.0", b = "0.0.0.0"] = [one.hostIp, other.hostIp];
    return a === b || a === "0.0.0.0" || b === "0.0.0.0";
  };
  // As the schema has it: no port twice, no number published twice at one address.
  const somePorts = fc
    .uniqueArray(onePort, { maxLength: 6, selector: ({ protocol, port }) => `${protocol} ${port}` })
    .map((ports) =>
      ports.filter(
        (port, at) =>
          !isFixed(port) ||
          !ports
            .slice(0, at)
            .some(
              (other) =>
                other.protocol === port.protocol &&
                other.publish === port.publish &&
                sharesAddress(other, port),
            ),
      ),
    );

  test("no number is given twice at one address", async () => {
    await fc.assert(
      fc.asyncProperty(somePorts, somePorts, async (first, second) => {
        const endpoints = (await publish(second, await publish(first))).outputs.endpoints as Port[];
        for (const [at, one] of endpoints.entries())
          for (const other of endpoints.slice(0, at))
            expect(
              one.protocol === other.protocol && one.port === other.port && sharesAddress(one, other),
            ).toBe(false);
      }),
    );
  });

  test("they are kept over every change that is not theirs", async () => {
    await fc.assert(
      fc.asyncProperty(somePorts, fc.func(fc.integer()), async (ports, order) => {
        const before = await publish(ports);
        const shuffled = ports.toSorted((a, b) => order(a.port) - order(b.port));
        const after = await publish(shuffled, before);
        const sorted = ({ outputs }: Publishing) =>
          (outputs.endpoints as object[]).map((endpoint) => JSON.stringify(endpoint)).sort();
        expect(sorted(after)).toEqual(sorted(before));
        expect(await publish(ports, after)).toEqual(before);
      }),
    );
  });
});

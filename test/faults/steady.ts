import { afterAll, beforeAll, expect } from "@jest/globals";
import { type Load, startLoad } from "../e2e/load.ts";
import { type FaultHost, startFaultHost } from "./host.ts";

/** For all tests of a file: a host with a service `steady` of two instances, handed to `take` before the first one. */
export function useSteadyHost(
  take: (host: FaultHost) => void,
  ...prepared: Parameters<typeof startFaultHost>
): void {
  let host: FaultHost | undefined;
  beforeAll(async () => {
    host = await startFaultHost(...prepared);
    take(host);
    await host.serve("steady", { replicas: 2 });
    await host.settled("steady");
  });
  afterAll(async () => await host?.[Symbol.asyncDispose]());
}

/** A light, steady load on a service by its virtual address, from the machine itself. */
export async function loadOn(host: FaultHost, service: string): Promise<Load> {
  const address = { namespace: "default", plural: "services", name: service };
  const document = await host.client.getDocument(address);
  return await startLoad(host.machine, `http://${String(document?.outputs.address)}:8000/hostname`);
}

/** No request failed, and some were sent. */
export async function expectNoneFailed(load: Load): Promise<void> {
  const { answered, failures } = await load.stop();
  expect(failures).toEqual([]);
  expect(answered).toBeGreaterThan(0);
}

/** A service that the fault has nothing to do with: no request to it fails, its instances are the same after as before. */
export async function expectUntouched(
  host: FaultHost,
  service: string,
  fault: () => Promise<void>,
): Promise<void> {
  const before = await host.settled(service);
  const load = await loadOn(host, service);
  await fault();
  await expectNoneFailed(load);
  expect(await host.settled(service)).toEqual(before);
}

import { createPublicKey } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { lifetimes, makeKey, openAuthority, readCredentials } from "../../agent/identity/index.ts";
import { sessionPaths } from "../../agent/session/index.ts";
import { agentPaths, type HostReport, hostReport } from "../../contract/index.ts";
import type { Host } from "../lab/index.ts";
import { giveId, startCluster, type TestCluster } from "./cluster.ts";
import type { Attempt } from "./rogue.ts";

describe.each([3, 5])("on %i hosts", (count) => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startCluster(count - 1);
  });
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());

  /** Of the machine that joins last. */
  const strangerName = `host${count}`;

  test("a machine without a good token, or with another machine's id: it is refused with the reason; at once", async () => {
    const stranger = await cluster.lab.add();
    await giveId(stranger);
    const join = async (token: string) =>
      await cluster.tryAgent(stranger, ["join", "--server", cluster.server.address], token);
    const good = await cluster.token(strangerName);
    const [prefix, id, secret, fingerprint = ""] = good.split(".");
    const refused = async (token: string, reason: RegExp) => {
      const { code, said } = await join(token);
      expect(said).toMatch(reason);
      expect(code).not.toBe(0);
      expect(said).not.toContain(secret);
    };
    await refused("hunter2", /it is none, or cut short/);
    await refused([prefix, id, "x".repeat(32), fingerprint].join("."), /no such token/);
    await refused(
      [prefix, id, secret, "0".repeat(64)].join("."),
      /its CA is another one than the token names/,
    );
    const [worker] = cluster.workers;
    await giveId(stranger, `${worker?.number}`.padStart(32, "0"));
    await refused(good, /this machine is host2 already, by its machine id/);
    await giveId(stranger);
    expect(await cluster.agent(stranger, ["join", "--server", cluster.server.address], good)).toMatch(
      strangerName,
    );
    await cluster.isState(stranger, "ready");
    const late = await cluster.lab.add();
    await giveId(late);
    const spent = await cluster.tryAgent(late, ["join", "--server", cluster.server.address], good);
    expect(spent.said).toMatch(/the token was spent/);
    expect(spent.said).not.toContain(secret);
  });

  test("a rogue machine without a certificate, with one that has ended or with another CA's: it is refused, whatever it asks for; at once", async () => {
    const { clusterId } = await cluster.client.info();
    const elsewhere = mkdtempSync(join(tmpdir(), "authority-"));
    const ended = new Date(Date.now() - lifetimes.certificate - 1_000);
    const old = await issue(stateOf(cluster.server), clusterId, ended);
    const foreign = await issue(elsewhere, clusterId, new Date());
    rmSync(elsewhere, { recursive: true });
    const all = requests(await reportOf("host2"));
    const { [sessionPaths.certificate]: exchange, ...others } = all;
    await areRefused(
      [{ requests: all }, "it shows no certificate; join first"],
      [{ ...foreign, requests: all }, "its certificate is not good: another cluster's CA issued it"],
      [{ ...old, requests: others }, "its certificate ended on "],
      [
        { ...old, requests: { [sessionPaths.certificate]: exchange } },
        "host2 has a newer certificate than this one; join again",
      ],
    );
  });

  test("a rogue machine with another host's certificate: it speaks for that host alone, is no server, and is refused once that host has left; at once", async () => {
    const worker = cluster.lab.host(2);
    const stolen = readCredentials(stateOf(worker));
    const real = await reportOf(strangerName);
    const all = requests({ ...real, address: worker.address, wireguardKey: `${"A".repeat(43)}=` });
    const of = (path: string) => ({ ...stolen, requests: { [path]: all[path] } });
    await areRefused(
      [of(sessionPaths.observation), `this is host2, not ${strangerName}`],
      [of(blob), "nothing on host2 needs it"],
      [of(silences), "host2 is a host alone"],
    );
    expect(await reportOf(strangerName)).toEqual(real);
    await cluster.agent(worker, ["down"]);
    await areRefused([{ ...stolen, requests: all }, "host2 was removed from the cluster; join again"]);
  });

  test("a host that leaves is none any more, and its token goes with it", async () => {
    const worker = cluster.lab.host(2);
    expect((await cluster.client.listHosts()).map(({ name }) => name)).not.toContain(worker.hostname);
    const token = await cluster.token(worker.hostname);
    await cluster.agent(worker, ["join", "--server", cluster.server.address], token);
    await cluster.isState(worker, "ready");
    await cluster.agent(worker, ["down"]);
    const again = await cluster.tryAgent(worker, ["join", "--server", cluster.server.address], token);
    expect(again.said).toMatch(/no such token/);
  });

  /** From a machine on the hosts' network that is none of them; each request of an attempt for the same reason. */
  async function areRefused(...attempts: readonly (readonly [Attempt, string])[]): Promise<void> {
    const program = [process.execPath, join(import.meta.dirname, "rogue.ts"), cluster.server.address];
    const input = JSON.stringify(attempts.map(([attempt]) => attempt));
    const answers = JSON.parse(await cluster.lab.machine.output(program, { input }));
    const refusals = attempts.map(([{ requests }, reason]) => {
      const refusal = expect.stringMatching(new RegExp(`^403 .*${reason}`));
      return Object.fromEntries(Object.keys(requests).map((path) => [path, refusal]));
    });
    expect(answers).toEqual(refusals);
  }

  async function reportOf(name: string): Promise<HostReport> {
    const hosts = await cluster.client.listHosts();
    return hostReport.parse(hosts.find((host) => host.name === name));
  }
});

const blob = `${sessionPaths.blobs}sha256:${"0".repeat(64)}`;
const silences = "/server/silences";

/** All that a host can ask for, and what servers ask each other, as this host. */
const requests = (host: HostReport): Attempt["requests"] => ({
  [sessionPaths.assignments]: {},
  [sessionPaths.heartbeats]: { at: Date.now() },
  [sessionPaths.observation]: { host, instances: [] },
  [sessionPaths.progress]: { instance: "web-0-5f3a9c", message: "pulled" },
  [sessionPaths.certificate]: {},
  [sessionPaths.leave]: {},
  [blob]: {},
  [silences]: { hosts: [] },
});

const stateOf = (host: Host) => agentPaths(join(host.root, "c")).stateDir;

/** A certificate for host2 by the CA of a state folder, as at some other time. */
async function issue(
  stateDir: string,
  clusterId: string | null,
  at: Date,
): Promise<Omit<Attempt, "requests">> {
  const authority = await openAuthority(stateDir, String(clusterId), at);
  const key = makeKey();
  const publicKey = createPublicKey(key).export({ type: "spki", format: "der" });
  const subject = { host: "host2", role: "host", addresses: [] } as const;
  return { key, certificate: (await authority.issue(publicKey, subject, at)).certificate };
}

/**
 * How soon a machine with nothing but Linux, sshd and a shell is a host: one `pulumi up`, over SSH, beside the time that
 * ssh and tar need for the same bytes alone.
 * Invariant: each machine is bare before; who copies and who is copied to are the same for both.
 */
import { readFileSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { addStack, type Program, type Stack } from "../../test/e2e/stack.ts";
import { type Host, type Lab, lab } from "../../test/lab/index.ts";
import { ensureKit } from "../../tools/kit/index.ts";
import { thisArch } from "../../tools/kit/platform.ts";
import { dist } from "../../tools/lib/places.mjs";
import { requireRoot } from "../machine.ts";
import type { Benchmark, Knob } from "../types.ts";
import { reportBootstrap } from "./report.ts";
import type { Sample } from "./types.ts";

type BootstrapKnobs = { readonly hosts: Knob };

export const bootstrap: Benchmark<BootstrapKnobs> = {
  name: "bootstrap",
  summary: "`pulumi up` makes bare machines hosts over SSH; beside ssh and tar with the same bytes",
  knobs: { hosts: { about: "how many join one after the other, and then as many at once", usual: 4 } },
  async run({ knobs: { hosts }, onProgress }) {
    requireRoot("bootstrap");
    onProgress(await ensureKit(thisArch));
    await using here = await lab.up(1 + 2 * hosts, { flavour: "debian" });
    const stack = await addStack(here.machine, "bootstrap");
    onProgress("bringing up the first server");
    await timed(() => upTo(stack, here, 1));
    const samples: Sample[] = [];
    for (let count = 2; count <= 1 + hosts; count++) {
      const copy = await timed(() => copyKit(here, here.host(count)));
      const up = await timed(() => upTo(stack, here, count));
      samples.push({ copy, up });
      onProgress(`host ${count - 1}: ${up.toFixed(2)} s; its bytes alone ${copy.toFixed(2)} s`);
    }
    const seconds = await timed(() => upTo(stack, here, 1 + 2 * hosts));
    onProgress(`${hosts} more at once: ${seconds.toFixed(2)} s`);
    return reportBootstrap(samples, { hosts, seconds }, await bytesOf(kitFolder));
  },
};

const kitFolder = join(dist, "kit", thisArch, "files");

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1_000;
}

/** The first machine is the cluster's server, so many in all are part of it. */
async function upTo(stack: Stack, here: Lab, count: number): Promise<void> {
  await stack.write(programOf(here, count));
  await stack.up();
}

function programOf({ hosts, keyFile }: Lab, count: number): Program {
  const privateKey = { "fn::secret": readFileSync(keyFile, "utf8") };
  const [server, ...others] = hosts.slice(0, count);
  const sshOf = (host: Host | undefined) => ({ address: host?.address, privateKey });
  const workers = others.map((host) => [
    host.hostname,
    { type: "constellation:Host", properties: { cluster: "${far.access}", ssh: sshOf(host) } },
  ]);
  return {
    resources: {
      far: { type: "constellation:Cluster", properties: { servers: { one: { ssh: sshOf(server) } } } },
      ...Object.fromEntries(workers),
    },
  };
}

/** Leaves nothing there. */
async function copyKit({ machine, keyFile }: Lab, { address }: Host): Promise<void> {
  const ssh = `ssh -F none -i ${keyFile} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR root@${address}`;
  const there = "mkdir /var/tmp/copy && tar -C /var/tmp/copy -xf - && rm -rf /var/tmp/copy";
  await machine.output(["sh", "-c", `tar -C ${kitFolder} -cf - . | ${ssh} '${there}'`]);
}

async function bytesOf(folder: string): Promise<number> {
  const sizes = (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

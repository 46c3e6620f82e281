/**
 * A host's half of the agent alone: follows an assignment in a file, prints what it reports as JSON lines.
 * usage: node host-agent.ts ROOT   (ROOT/assignment.json is read again at every SIGHUP; images are folders in ROOT/images)
 * On standard input, one JSON a line: {"logs": id, ...query}, {"exec": id, ...options}.
 */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { createRuntime, readMachineFacts } from "../../agent/adapters/crun/index.ts";
import {
  createMounts,
  createNetwork,
  createProcesses,
  createRun,
  createSpawner,
} from "../../agent/adapters/libc/index.ts";
import { createHostInstances, makeFolders } from "../../agent/instances/index.ts";
import { createPulse } from "../../agent/lib/pulse.ts";
import type { Assignment } from "../../agent/session/index.ts";

const root = process.argv[2] ?? "";
const started = performance.now();
const say = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`);
const folders = { state: join(root, "lib/instances"), runtime: join(root, "run/runtime") };
const spawner = createSpawner();
const mounts = createMounts();
const links = createNetwork();
await makeFolders(folders, mounts);
mkdirSync(join(root, "run/netns"), { recursive: true });

const runtime = createRuntime(
  {
    folder: folders.runtime,
    programs: { crun: "/usr/bin/crun", conmon: "/usr/bin/conmon" },
    facts: readMachineFacts("constellation-test"),
  },
  { spawner, run: createRun(spawner), processes: createProcesses() },
);
const netnsFile = (id: string) => join(root, "run/netns", id);
let devices = 0;
const instances = createHostInstances({
  folders,
  host: "alpha",
  log: pino({ level: "info" }, pino.destination(join(root, "agent.log"))),
  ports: {
    runtime,
    mounts,
    images: {
      async resolve(digest) {
        return JSON.parse(readFileSync(join(root, "images", digest, "config.json"), "utf8"));
      },
      async unpack(digest, { onProgress }) {
        onProgress({ done: 41, total: 100 });
        return [join(root, "images", digest, "rootfs")];
      },
    },
    network: {
      async plugIn({ id, address }) {
        await links.plugIn({
          netnsFile: netnsFile(id),
          hostDevice: `ct${process.pid % 1000}-${devices++}`,
          address,
          mtu: 1500,
        });
        return { netnsFile: netnsFile(id) };
      },
      unplug: (id) => links.unplug({ netnsFile: netnsFile(id) }),
    },
    reports: {
      async instances(list) {
        say({ report: list, atMs: Date.now() });
      },
      progress: (instance, message) => say({ progress: { instance, message } }),
    },
    async runInside() {
      return 0;
    },
  },
});

const hup = createPulse();
process.on("SIGHUP", () => hup.fire());
async function* assignments(): AsyncGenerator<Assignment> {
  for (;;) {
    const path = join(root, "assignment.json");
    if (existsSync(path)) yield JSON.parse(readFileSync(path, "utf8"));
    await hup.wait(stop.signal);
  }
}
const stop = new AbortController();
process.on("SIGTERM", () => stop.abort());
say({ ready: process.pid, ms: performance.now() - started });
await instances.run(assignments(), stop.signal);

/**
 * A host's half of the agent alone: follows an assignment in a file, prints what it reports as JSON lines.
 * usage: node host-agent.ts ROOT   (ROOT/assignment.json is read again at every SIGHUP; images are folders in ROOT/images)
 * On standard input, one JSON a line: {"ask": n, "logs": id, "query": {}} or {"ask": n, "exec": id, "request": {}, "input": ""};
 * answered by {"answer": n, ...}.
 */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pino } from "pino";
import { createRuntime, readMachineFacts } from "../../agent/adapters/crun/index.ts";
import {
  createMounts,
  createNetwork,
  createProcesses,
  createRun,
  createSpawner,
} from "../../agent/adapters/libc/index.ts";
import {
  createHostInstances,
  createInstanceAccess,
  type ExecRequest,
  makeFolders,
} from "../../agent/instances/index.ts";
import { createPulse } from "../../agent/lib/pulse.ts";
import type { LogQuery } from "../../agent/logs/index.ts";
import type { Assignment } from "../../agent/session/index.ts";

interface Question {
  readonly ask: number;
  readonly logs?: string;
  readonly query?: LogQuery;
  readonly forMs?: number;
  readonly exec?: string;
  readonly request?: Partial<ExecRequest>;
  readonly input?: string;
  readonly closeAfterMs?: number;
  readonly resize?: { readonly columns: number; readonly rows: number };
}

const root = process.argv[2] ?? "";
const started = performance.now();
const say = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`);
const folders = { state: join(root, "lib/instances"), runtime: join(root, "run/runtime"), closed: [] };
const spawner = createSpawner();
const mounts = createMounts();
const links = createNetwork();
await makeFolders(folders, mounts);
await links.ensureAnchor({ device: "anchor", address: "10.64.0.1", routed: [], unreachable: [] });
mkdirSync(join(root, "run/netns"), { recursive: true });

const runtime = createRuntime(
  {
    folder: folders.runtime,
    programs: { crun: "/usr/bin/crun", conmon: "/usr/bin/conmon" },
    facts: readMachineFacts("constellation-test"),
  },
  { spawner, run: createRun(spawner), processes: createProcesses(), mounts },
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
      async pull() {
        throw new Error("nothing is to be pulled");
      },
      async bring() {
        throw new Error("nothing is to be brought");
      },
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
      leadsTo: () => false,
      owesAnswer: async () => false,
    },
    fence: {
      async untilGranted() {},
      hold() {},
      requireGranted() {},
      isOverdue: () => false,
      wasOverdue: () => false,
      release() {},
    },
    reports: {
      async instances(list) {
        say({ report: list, atMs: Date.now() });
      },
      changed() {},
      progress: (instance, message) => say({ progress: { instance, message } }),
    },
  },
});

const stop = new AbortController();
const hup = createPulse();
process.on("SIGHUP", () => hup.fire());
async function* assignments(): AsyncGenerator<Assignment> {
  for (;;) {
    const path = join(root, "assignment.json");
    if (existsSync(path)) yield JSON.parse(readFileSync(path, "utf8"));
    await hup.wait(stop.signal);
  }
}
const access = createInstanceAccess(instances, runtime);
createInterface({ input: process.stdin }).on("line", (line) => void answer(JSON.parse(line)));
async function answer(question: Question): Promise<void> {
  try {
    say({ answer: question.ask, ...(await (question.logs === undefined ? exec(question) : logs(question))) });
  } catch (error) {
    say({ answer: question.ask, error: error instanceof Error ? error.message : String(error) });
  }
}
async function logs({ logs: id = "", query, forMs }: Question) {
  const lines: unknown[] = [];
  const until = forMs === undefined ? stop.signal : AbortSignal.timeout(forMs);
  for await (const line of access.logs(id, query ?? { follow: false }, until)) lines.push(line);
  return { lines };
}
async function exec({ exec: id = "", request, input, closeAfterMs, resize }: Question) {
  const session = await access.exec(id, { tty: false, columns: 80, rows: 24, command: [], ...request });
  if (closeAfterMs !== undefined) setTimeout(() => session.close(), closeAfterMs);
  if (resize) setTimeout(() => session.resize(resize.columns, resize.rows), 200);
  const typed = input === undefined ? Promise.resolve() : session.write(Buffer.from(input));
  if (!request?.tty) void typed.then(() => session.endInput());
  const texts = { stdout: "", stderr: "" };
  for await (const { stream, data } of session.output) texts[stream] += Buffer.from(data).toString();
  return { ...texts, code: await session.exit };
}
process.on("SIGTERM", () => stop.abort());
say({ ready: process.pid, ms: performance.now() - started });
await instances.run(assignments(), stop.signal);

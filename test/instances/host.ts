import { once } from "node:events";
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { LogLine } from "../../agent/logs/index.ts";
import type { Assignment, Placement } from "../../agent/session/index.ts";
import { type Instance, resources } from "../../contract/index.ts";
import { type Machine, type MachineProcess, startMachine } from "../lab/index.ts";

/** A machine with the host's half of an agent in it, and an image of busybox. */
export interface TestHost {
  readonly machine: Machine;
  readonly root: string;
  /** Reports since the start, the latest last. */
  readonly reports: (readonly Instance[])[];
  readonly progress: string[];
  /** Replaces the assignment: one placement a workload, `web-0` and so on unless named. */
  assign(workloads: readonly TestWorkload[], more?: Partial<Assignment>): void;
  /** The newest report that fits. Rejects after the time. */
  until(
    what: string,
    fits: (instances: readonly Instance[]) => boolean,
    timeoutMs?: number,
  ): Promise<readonly Instance[]>;
  logs(id: string, query?: object, forMs?: number): Promise<LogLine[]>;
  exec(id: string, request: object, more?: object): Promise<{ code: number; stdout: string; stderr: string }>;
  startAgent(): Promise<void>;
  /** kill -9. */
  killAgent(): Promise<void>;
  /** Runs a command where the agent runs. */
  output(command: readonly string[]): Promise<string>;
}

export interface TestWorkload {
  /** Names the placement; a change of it is another instance. */
  readonly id: string;
  readonly inputs: object;
  readonly want?: Placement["want"];
  readonly imageDigest?: string;
}

/** `busybox`: no command of its own. Others are made by `images`. */
export async function startTestHost(images: Readonly<Record<string, object>> = {}): Promise<TestHost> {
  const machine = await startMachine();
  const root = join(machine.root, "r");
  for (const [name, config] of Object.entries({ busybox: {}, ...images })) makeImage(root, name, config);
  const holder = await holdMounts(machine);
  const reports: (readonly Instance[])[] = [];
  const progress: string[] = [];
  const answers = new Map<number, (value: never) => void>();
  let agent: MachineProcess | undefined;
  let asked = 0;
  let revision = 0;

  const host: TestHost = {
    machine,
    root,
    reports,
    progress,
    assign(workloads, more = {}) {
      revision += 1;
      writeFileSync(join(root, "assignment.json"), JSON.stringify(assignmentOf(revision, workloads, more)));
      agent?.kill("SIGHUP");
    },
    async until(what, fits, timeoutMs = 30_000) {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const latest = reports.at(-1);
        if (latest && fits(latest)) return latest;
        if (Date.now() > deadline)
          throw new Error(`${what}: not within ${timeoutMs} ms; last: ${JSON.stringify(latest)}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    async logs(id, query = { follow: false }, forMs = undefined) {
      return (await ask<{ lines: LogLine[] }>({ logs: id, query, forMs })).lines;
    },
    exec: (id, request, more = {}) => ask({ exec: id, request, ...more }),
    async startAgent() {
      const script = join(import.meta.dirname, "host-agent.ts");
      const node = [process.execPath, "--disable-warning=ExperimentalWarning"];
      agent = await machine.spawn(["nsenter", `--mount=/proc/${holder}/ns/mnt`, ...node, script, root]);
      agent.stderr?.on("data", (data: Buffer) => process.stderr.write(data));
      const ready = Promise.withResolvers<void>();
      createInterface({ input: agent.stdout as NonNullable<typeof agent.stdout> }).on("line", (line) => {
        const message = JSON.parse(line);
        if (message.report) reports.push(message.report);
        if (message.progress) progress.push(message.progress.message);
        if (message.ready) ready.resolve();
        if (message.answer) answers.get(message.answer)?.(message as never);
      });
      void agent.exited.then(() => ready.reject(new Error("start agent: it ended; its words are above")));
      await ready.promise;
    },
    async killAgent() {
      agent?.killGroup("SIGKILL");
      await agent?.exited;
    },
    output: (command) => machine.output(["nsenter", `--mount=/proc/${holder}/ns/mnt`, ...command]),
  };
  await host.startAgent();
  return host;

  async function ask<Answer>(question: object): Promise<Answer> {
    const number = ++asked;
    const answered = new Promise<Answer & { readonly error?: string }>((resolve) =>
      answers.set(number, resolve),
    );
    agent?.stdin?.write(`${JSON.stringify({ ask: number, ...question })}\n`);
    const answer = await answered;
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }
}

/** A mount namespace for every agent of the test, with cgroups that crun accepts; its holder's pid inside the machine. */
async function holdMounts(machine: Machine): Promise<number> {
  const script = `
    if mountpoint -q /sys/fs/cgroup/unified; then
      umount /sys/fs/cgroup/unified && mount -t tmpfs -o size=1m none /sys/fs/cgroup/unified
    fi && echo $$ && exec sleep infinity`;
  const holder = await machine.spawn(["unshare", "--mount", "--propagation", "private", "sh", "-c", script]);
  const [data] = await once(holder.stdout as NonNullable<typeof holder.stdout>, "data");
  return Number(String(data));
}

const applets =
  "cat cp dd echo rm test usleep env grep id kill ls mkdir mount nc printf ps sh sleep stat stty tail touch true tty wget";

function makeImage(root: string, name: string, config: object): void {
  const rootfs = join(root, "images", name, "rootfs");
  for (const folder of ["bin", "dev", "etc", "proc", "sys", "tmp"])
    mkdirSync(join(rootfs, folder), { recursive: true });
  cpSync("/bin/busybox", join(rootfs, "bin/busybox"));
  for (const applet of applets.split(" ")) symlinkSync("busybox", join(rootfs, "bin", applet));
  writeFileSync(join(rootfs, "etc/passwd"), "root:x:0:0::/root:/bin/sh\nweb:x:101:102::/home/web:/bin/sh\n");
  writeFileSync(join(rootfs, "etc/group"), "root:x:0:\nweb:x:102:\nlogs:x:103:web\n");
  const neutral = {
    ...{
      platform: { os: "linux", architecture: "amd64" },
      entrypoint: [],
      cmd: [],
      env: [],
      user: "",
      workingDir: "/",
    },
    ...{ exposedPorts: [], stopSignal: "SIGTERM", volumes: [], labels: {}, diffIds: [] },
  };
  writeFileSync(join(root, "images", name, "config.json"), JSON.stringify({ ...neutral, ...config }));
}

function assignmentOf(
  revision: number,
  workloads: readonly TestWorkload[],
  more: Partial<Assignment>,
): Assignment {
  const specs = workloads.map(({ id, inputs, imageDigest = "busybox" }) => [
    id,
    {
      namespace: "default",
      service: id.split("-")[0],
      inputs: resources.Service.inputs.parse({ image: "busybox", ...inputs }),
      imageDigest,
      minHealthyTimeMs: 100,
    },
  ]);
  return {
    revision,
    host: {
      name: "alpha",
      cidr: "10.64.0.0/22",
      gateway: "10.64.0.1",
      clusterCidr: "10.64.0.0/12",
      serviceCidr: "240.0.0.0/4",
      domain: "internal",
    },
    placements: workloads.map(({ id, want = "run" }, index) => ({
      ...{
        id,
        namespace: "default",
        service: id.split("-")[0] ?? "",
        serviceUid: "u1",
        index,
        specKey: id,
        revision: 1,
        want,
      },
      name: id.split("-").slice(0, 2).join("-"),
      address: `10.64.0.${10 + Number(id.split("-")[1] ?? index)}`,
      reason: want === "drain" ? "replicas lowered" : "wanted",
    })),
    specs: Object.fromEntries(specs),
    secrets: {},
    configs: {},
    registries: {},
    services: [],
    ...more,
  };
}

/**
 * The main job, on a machine that setup has made ready: images, a real `pulumi up` of stacks/local, a few requests.
 *
 *   npm run quickstart                 up, then what to try next
 *   npm run quickstart -- --port 9090  the same, published there instead of at 8080
 *   npm run quickstart -- --stack dev  another stack than `local`
 *   npm run quickstart -- --destroy    a real `pulumi destroy`, then a look that no trace is left
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildImages } from "../images/build.ts";
import { cache, programs, root } from "../lib/places.mjs";

const agent = join(programs, "constellation-agent");
const visits = 6;
const requestTimeoutMs = 5_000;

const { destroy: isDestroy, port, stack } = options();
process.exitCode = isDestroy ? destroy() : await up();

function options() {
  try {
    return parseArgs({
      options: {
        destroy: { type: "boolean", default: false },
        port: { type: "string" },
        stack: { type: "string", default: "local" },
      },
    }).values;
  } catch (error) {
    process.stderr.write(
      `quickstart: ${(error as Error).message}\nusage: npm run quickstart [-- [--port PORT] [--stack NAME] [--destroy]]\n`,
    );
    process.exit(2);
  }
}

async function up(): Promise<number> {
  say("images from Debian's packages, where no registry is needed");
  await buildImages(join(root, ".images"), ["redis", "node", "nginx", "busybox"], (line) => say(`  ${line}`));
  if (!run("pulumi", "stack", "select", "--create", stack)) return 1;
  if (port !== undefined && !run("pulumi", "config", "set", "--stack", stack, "port", port)) return 1;
  if (!wakeAgent()) return 1;
  say("pulumi up");
  if (!run("pulumi", "up", "--yes", "--stack", stack)) return 1;

  const url = JSON.parse(read("pulumi", "stack", "output", "--json", "--stack", stack)).url as string;
  say(`${visits} requests to ${url}`);
  for (let visit = 0; visit < visits; visit++) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(requestTimeoutMs) });
    process.stdout.write(`  ${await answer.text()}`);
  }
  say("constellation ps");
  if (!run(join(programs, "constellation"), "ps")) return 1;
  process.stdout.write(next(url));
  return 0;
}

function destroy(): number {
  say("pulumi destroy");
  if (!run("pulumi", "stack", "select", "--create", stack)) return 1;
  if (!wakeAgent()) return 1;
  if (!run("pulumi", "destroy", "--yes", "--stack", stack)) return 1;
  const left = traces();
  if (left !== "") {
    process.stderr.write(`\nleft on this machine, please report it:\n${left}\n`);
    return 1;
  }
  process.stdout.write(`
Nothing of the cluster is left: no process, mount, namespace, device, nftables table, cgroup, socket or sysctl.
Kept on purpose, delete them when you like:
  Debian packages (crun, conmon, dnsmasq-base, nftables and what they need)
  ${cache}   pinned tools, shared by all clones
  ${join(root, ".images")}   the images
  ${join(root, ".state")}   the stack's history and its passphrase
  ${join(root, "node_modules")}, ${join(root, "dist")}
  ~/.pulumi   the engine's logs and workspaces; npm's, Go's and apt's own caches
`);
  return 0;
}

/** After a reboot without systemd, or when somebody stopped it: what it ran is in its state, and comes back. */
function wakeAgent(): boolean {
  return traces() === "" || run(agent, "up", "--json");
}

function traces(): string {
  return read(agent, "traces").trim();
}

function next(url: string): string {
  const commands = [
    ['eval "$(npm run -s env)"', "pulumi, its plugin and constellation in this shell"],
    ["pulumi config set replicas 5", "then pulumi up: scales the web tier"],
    [`curl ${url}`, "again, and see who answers"],
    ["constellation logs web-0", "its output; -f follows"],
    ["constellation exec web-0 -- node -v", "a command inside it"],
    ["constellation events --tail 20", "who did what, and why"],
    ["$EDITOR stacks/local/app/server.mjs", "change the code, then pulumi preview"],
    ["npm run quickstart -- --destroy", "remove every trace"],
  ] as const;
  const width = Math.max(...commands.map(([command]) => command.length));
  const lines = commands.map(([command, about]) => `  ${command.padEnd(width)}   # ${about}\n`);
  return `\nIt runs. Next, in a shell of your own:\n\n${lines.join("")}`;
}

function say(line: string): void {
  process.stdout.write(process.stdout.isTTY ? `\u001b[1m${line}\u001b[0m\n` : `${line}\n`);
}

function run(program: string, ...argv: string[]): boolean {
  return spawnSync(program, argv, { cwd: root, stdio: "inherit" }).status === 0;
}

function read(program: string, ...argv: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, argv, { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`run ${program} ${argv.join(" ")}: ${stderr}`);
  return stdout;
}

import { readFileSync } from "node:fs";
import { ensureKit } from "../../tools/kit/index.ts";
import { thisArch } from "../../tools/kit/platform.ts";
import { until } from "../control/until.ts";
import { type Flavour, type Host, type Lab, lab } from "../lab/index.ts";
import { addStack, image, type ResourceSpec, type Stack } from "./stack.ts";

/** Longest that a kit may take to be built, and the hosts to start, milliseconds. */
export const bareHostsMs = 600_000;

/** Hosts with nothing of ours, the kit for them, and a stack beside them that may log in to each over SSH. */
export interface BareHosts extends AsyncDisposable {
  readonly lab: Lab;
  readonly stack: Stack;
  /** The login of root, as a program has it; by a host's number. */
  sshOf(number: number): { readonly address: string; readonly privateKey: Readonly<Record<string, string>> };
}

export async function startBareHosts(
  project: string,
  count: number,
  flavour: Flavour = "debian",
): Promise<BareHosts> {
  await ensureKit(thisArch);
  const here = await lab.up(count, { flavour });
  try {
    const stack = await addStack(here.machine, project);
    const privateKey = { "fn::secret": readFileSync(here.keyFile, "utf8") };
    return {
      ...{ lab: here, stack },
      sshOf: (number) => ({ address: here.host(number).address, privateKey }),
      [Symbol.asyncDispose]: async () => await here.down(),
    };
  } catch (error) {
    await here.down();
    throw error;
  }
}

/** A web server on port 8000 of every host. @param cluster the program's name of it */
export function publishedWeb(cluster: string, more: Record<string, unknown> = {}): ResourceSpec {
  return {
    type: "constellation:Service",
    properties: {
      cluster: `\${${cluster}.access}`,
      image: image("busybox"),
      command: ["httpd", "-f", "-p", "8000", "-h", "/etc"],
      ports: [{ port: 8000, publish: 8000 }],
      stopGracePeriod: "1s",
      ...more,
    },
  };
}

/** Another machine seems to answer in its place, as after an installation anew. @returns what gives it the former keys back */
export async function changeHostKey(host: Host): Promise<() => Promise<void>> {
  const fresh = "ssh-keygen -q -t ed25519 -N '' -f ssh_host_ed25519_key";
  const change = async (keys: string, isKnown: boolean) => {
    await host.output(["sh", "-ec", `cd /etc/ssh; ${keys}; kill -HUP $(pgrep -o -x sshd)`]);
    await until("sshd to go by them", async () => {
      const { code, stderr } = await host.ssh("true");
      return (isKnown ? code === 0 : stderr.includes("verification failed")) || undefined;
    });
  };
  await change(`mkdir -p former; mv ssh_host_* former; ${fresh}`, false);
  return async () => await change("rm ssh_host_*; mv former/* .; rmdir former", true);
}

/** Everything of ours that a host holds. */
export async function remainsOn(host: Host): Promise<string[]> {
  const folders = ["/opt", "/var/lib/constellation", "/run/constellation", "/etc/constellation"];
  const found = await host.run(["find", ...folders, "-mindepth", "1", "-maxdepth", "1"]);
  const running = host.processes().filter(({ command }) => /constellation|etcd|dnsmasq/.test(command));
  return [found.stdout.trim(), ...running.map(({ command }) => command)].filter(Boolean);
}

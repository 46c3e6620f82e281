import { join } from "node:path";
import { mountPoint, workloadCommand, workloadLimits } from "./limits.ts";
import type { Tools } from "./tools.ts";

export interface PodmanOptions {
  /** The image's one layer, unpacked. */
  readonly layer: string;
  /** Exists, on a disk. */
  readonly folder: string;
  /** Mounted for the workload to report to. */
  readonly arrivalsFolder: string;
  readonly tools: Tools;
}

/** Podman with the workload's image, with its defaults but for where it keeps its things. */
export interface Podman {
  /** `podman run --detach` in its default bridge network. */
  start(name: string): Promise<void>;
  remove(name: string): Promise<void>;
  removeAll(): Promise<void>;
}

const imageName = "localhost/workload";

export async function createPodman({ layer, folder, arrivalsFolder, tools }: PodmanOptions): Promise<Podman> {
  const podman = (...args: string[]) =>
    tools.run(
      "podman",
      ...["--root", join(folder, "storage"), "--runroot", join(folder, "run"), "--tmpdir", "/run/libpod"],
      ...["--network-config-dir", join(folder, "networks")],
      // There is neither systemd nor its journal in a lab machine, which are the defaults for these two.
      ...["--cgroup-manager", "cgroupfs", "--events-backend", "file"],
      ...args,
    );
  const archive = join(folder, "layer.tar");
  await tools.run("tar", "-C", layer, "-cf", archive, ".");
  await podman("import", "--quiet", archive, imageName);
  const { cpu, memoryBytes, pids } = workloadLimits;
  return {
    async start(name) {
      await podman(
        ...["run", "--detach", "--name", name, "--hostname", name, "--log-driver", "k8s-file"],
        ...[
          `--cpus=${cpu}`,
          `--memory=${memoryBytes}`,
          `--memory-swap=${memoryBytes}`,
          `--pids-limit=${pids}`,
        ],
        ...["--volume", `${arrivalsFolder}:${mountPoint}`, imageName, ...workloadCommand],
      );
    },
    async remove(name) {
      await podman("rm", "--force", "--time", "0", name);
    },
    async removeAll() {
      await podman("rm", "--all", "--force", "--time", "0");
    },
  };
}

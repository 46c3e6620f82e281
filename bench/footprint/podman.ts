import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Machine } from "../../test/lab/index.ts";
import { imageLayout, imageTag } from "../image.ts";
import { type Party, startLimitMs, workload } from "./types.ts";

const name = "localhost/workload";

/** `podman run --detach` in its default bridge network, with its defaults but for where it keeps its things. */
export async function createPodman(machine: Machine, folder: string): Promise<Party> {
  await mkdir(folder);
  const podman = async (...args: string[]) =>
    await machine.output(
      [
        "podman",
        ...["--root", join(folder, "storage"), "--runroot", join(folder, "run"), "--tmpdir", "/run/libpod"],
        ...["--network-config-dir", join(folder, "networks")],
        // There is neither systemd nor its journal in a lab machine, which are the defaults for these two.
        ...["--cgroup-manager", "cgroupfs", "--events-backend", "file"],
        ...args,
      ],
      { timeoutMs: startLimitMs },
    );
  // It makes a name of the path, and takes neither capitals nor a leading dot there.
  const layout = "/run/images";
  await machine.output(["ln", "-s", imageLayout, layout]);
  const id = (await podman("pull", "--quiet", `oci:${layout}:${imageTag}`)).trim();
  await podman("tag", id, name);
  return {
    machine,
    async add(number) {
      const command = workload.command(workload.port);
      await podman(
        "run",
        "--detach",
        "--name",
        `idle-${number}`,
        "--log-driver",
        "k8s-file",
        name,
        ...command,
      );
    },
  };
}

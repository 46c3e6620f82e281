import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createMounts, createNetwork } from "../../agent/adapters/libc/index.ts";
import { moveBundle, type OciConfig } from "./bundle.ts";
import type { Tools } from "./tools.ts";

export interface BareOptions {
  /** `crun` or `runc`. */
  readonly runtime: string;
  /** The bundle's config, as the agent wrote one. */
  readonly config: OciConfig;
  /** The image's one layer, unpacked. */
  readonly layer: string;
  /** On a disk. */
  readonly folder: string;
  /** The first two numbers of its containers' addresses. */
  readonly prefix: string;
  readonly tools: Tools;
}

export interface Bare {
  readonly name: string;
  /** The request's time on CLOCK_MONOTONIC, and the host name of the workload that will tell of its first instruction. */
  start(round: number): Promise<{ readonly requestedNs: bigint; readonly hostname: string }>;
  /** Resolves once nothing of it is left. */
  remove(round: number): Promise<void>;
}

const interfaceMtu = 1500;
/** Of a container's address, and of its device: addresses are not reused while the kernel takes old devices away. */
const addressesPerRange = 250;

/**
 * The floor: overlay root, network namespace with veth, address and route, then `RUNTIME run --detach`, and nothing
 * else. No monitor, no log, no state, no address management. The overlay and the network are made by the same calls
 * that the agent makes: by mount(8) and ip(8) it would take several times as long.
 */
export function createBare({ runtime, config, layer, folder, prefix, tools }: BareOptions): Bare {
  const mounts = createMounts();
  const network = createNetwork();
  const state = join(folder, "state");
  mkdirSync(state, { recursive: true });

  const placesOf = (round: number) => {
    const id = `${runtime}-${round}`;
    const bundle = join(folder, id);
    const [upper, work, root] = ["upper", "work", "root"].map((name) => join(bundle, name)) as [
      string,
      string,
      string,
    ];
    return { id, bundle, upper, work, root, netnsFile: join(folder, `${id}.net`) };
  };

  return {
    name: runtime,
    async start(round) {
      const { id, bundle, upper, work, root, netnsFile } = placesOf(round);
      const requestedNs = process.hrtime.bigint();
      for (const path of [upper, work, root]) mkdirSync(path, { recursive: true });
      await mounts.overlay({ lowerdirs: [layer], writable: { upper, work }, target: root });
      await network.plugIn({
        netnsFile,
        hostDevice: `bench-${id}`.slice(0, 15),
        address: addressOf(prefix, round),
        mtu: interfaceMtu,
      });
      const moved = moveBundle(config, { id, root, netnsFile, cgroupsPath: `/bench/${id}` });
      writeFileSync(join(bundle, "config.json"), JSON.stringify(moved));
      await tools.launch(
        join(bundle, "output"),
        ...([runtime, "--root", state, "run", "--detach", "--bundle", bundle, id] as const),
      );
      return { requestedNs, hostname: id };
    },
    async remove(round) {
      const { id, bundle, root, netnsFile } = placesOf(round);
      await tools.run(runtime, "--root", state, "delete", "--force", id);
      await network.unplug({ netnsFile });
      await mounts.unmount(root);
      rmSync(bundle, { recursive: true });
    },
  };
}

function addressOf(prefix: string, round: number): string {
  return `${prefix}.${Math.floor(round / addressesPerRange) % 256}.${1 + (round % addressesPerRange)}`;
}

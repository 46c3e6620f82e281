import { existsSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { expectSuccess, type Run } from "../libc/index.ts";
import { type Endpoints, greeting, learned, readEndpoints, writeEndpoints } from "./endpoints.ts";
import { ensureKey } from "./key.ts";
import { changesOf, parseDump, type TunnelInput } from "./settings.ts";
import { createUserspace, type UserspaceOptions } from "./userspace.ts";

/** Peers named in one call of wg(8): its arguments have to fit, however many hosts there are. */
const peersACall = 500;

/** What ip(8) says where the kernel has no WireGuard, and does not find it as a module. */
const unknownToKernel = /Unknown device type|Operation not supported/;

export interface WireguardOptions extends UserspaceOptions {
  /** Survives a reboot; made where it is absent. */
  readonly keyFile: string;
  /** Survives a reboot: where peers were last that cannot be dialled otherwise. */
  readonly endpointsFile: string;
  readonly run: Run;
}

/** One device of WireGuard: the kernel's, else a userspace one that outlives the agent. Calls must not overlap. */
export interface Wireguard {
  /** In base64. */
  publicKey(): string;
  /** Makes the device be so; returns whether anything was changed. Throws AdapterError. */
  ensure(tunnel: TunnelInput): Promise<boolean>;
  /** Takes it away, if it is there; a userspace tunnel ends with it. */
  remove(): Promise<void>;
}

/** @param options `device`: at most 15 characters */
export function createWireguard(options: WireguardOptions): Wireguard {
  const { device, keyFile, endpointsFile, run } = options;
  const userspace = createUserspace(options);
  let applied: TunnelInput | undefined;
  let endpoints: Endpoints | undefined;
  const folder = `/sys/class/net/${device}`;
  const publicKey = () => ensureKey(keyFile);
  const dump = async () => await run(["wg", "show", device, "dump"]);
  const ip = async (...words: string[]) =>
    expectSuccess(`ip ${words.join(" ")}`, await run(["ip", ...words]));

  return {
    publicKey,
    async ensure(tunnel) {
      const keys = { publicKey: publicKey(), keyFile };
      const isNew = !existsSync(folder);
      if (isNew) await make();
      else if (existsSync(`${folder}/tun_flags`)) userspace.adopt();
      const found = parseDump(expectSuccess(`read ${device}`, await dump()).stdout);
      const wanted = isNew ? greeting(tunnel, learnedBefore()) : tunnel;
      const changes = changesOf(wanted, found, keys, applied);
      applied = undefined;
      for (let at = 0; at < changes.length; at += peersACall) {
        const words = changes.slice(at, at + peersACall).flat();
        expectSuccess(`set up ${device}`, await run(["wg", "set", device, ...words]));
      }
      const isOtherMtu = Number(readFileSync(`${folder}/mtu`, "utf8")) !== tunnel.mtu;
      if (isNew || isOtherMtu) await ip("link", "set", device, "mtu", String(tunnel.mtu), "up");
      applied = tunnel;
      keepLearned(learned(tunnel, found, learnedBefore()));
      return isNew || changes.length > 0 || isOtherMtu;
    },
    async remove() {
      applied = undefined;
      if (existsSync(folder)) await ip("link", "delete", device);
    },
  };

  function learnedBefore(): Endpoints {
    endpoints ??= readEndpoints(endpointsFile);
    return endpoints;
  }

  function keepLearned(now: Endpoints): void {
    if (isDeepStrictEqual(now, endpoints)) return;
    writeEndpoints(endpointsFile, now);
    endpoints = now;
  }

  async function make(): Promise<void> {
    const made = await run(["ip", "link", "add", device, "type", "wireguard"]);
    if (made.code === 0) return;
    if (!unknownToKernel.test(made.stderr)) expectSuccess(`make ${device}`, made);
    await userspace.start(async () => (await dump()).code === 0);
  }
}

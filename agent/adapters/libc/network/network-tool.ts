import { closeSync, openSync, rmSync } from "node:fs";
import { wrapNodeError } from "../error.ts";
import { expectSuccess } from "../spawn/run.ts";
import type { Run } from "../spawn/types.ts";
import { gatewayAddress, hostMac, instanceDevice } from "./constants.ts";
import { isPinned } from "./netns.ts";
import { type IpAddress, type IpLink, type IpRoute, toAddresses, toLink, toRoute } from "./tool-answers.ts";
import type { InstanceLink, Network } from "./types.ts";

/** The twin of `createNetwork` by ip(8), unshare(1) and nsenter(1). */
export function createNetworkTool(run: Run): Network {
  return {
    createNetns: (netnsFile) => createNetns(run, netnsFile),
    removeNetns: (netnsFile) => removeNetns(run, netnsFile),
    async plugIn(link) {
      await createNetns(run, link.netnsFile);
      await ensurePair(run, link);
      const { netnsFile, address, hostDevice } = link;
      await batch(
        run,
        `plug in ${address}`,
        ["nsenter", `--net=${netnsFile}`],
        [
          "link set lo up",
          `address replace ${address}/32 dev ${instanceDevice}`,
          `link set ${instanceDevice} up`,
          `neighbour replace ${gatewayAddress} lladdr ${hostMac} dev ${instanceDevice} nud permanent`,
          `route replace default via ${gatewayAddress} dev ${instanceDevice} onlink proto static`,
        ],
      );
      await batch(
        run,
        `plug in ${address}`,
        [],
        [
          `link set ${hostDevice} up`,
          `route replace ${address}/32 dev ${hostDevice} scope link proto static`,
        ],
      );
    },
    unplug: ({ netnsFile }) => removeNetns(run, netnsFile),
    async ensureAnchor({ device, address, routed, unreachable }) {
      if (!(await findLink(run, [], device))) await ip(run, [], "link", "add", device, "type", "bridge");
      await batch(
        run,
        `set up ${device}`,
        [],
        [
          `address replace ${address}/32 dev ${device}`,
          `link set ${device} up`,
          ...routed.map(
            (range) => `route replace ${range} dev ${device} scope link src ${address} proto static`,
          ),
          ...unreachable.map((range) => `route replace unreachable ${range} proto static`),
        ],
      );
    },
    async removeAnchor({ device, unreachable }) {
      const routes = await listRoutes(run, "");
      const present = new Set(
        routes.filter(({ type }) => type === "unreachable").map((route) => route.destination),
      );
      for (const range of unreachable) {
        if (present.has(range)) await ip(run, [], "route", "delete", "unreachable", range);
      }
      await deleteLink(run, [], device);
    },
    async listLinks(namePrefix) {
      const found = await ip<IpLink>(run, [], "link", "show");
      return found.map(toLink).filter(({ name }) => name.startsWith(namePrefix));
    },
    async listAddresses(namePrefix) {
      const found = await ip<IpAddress>(run, [], "-4", "address", "show");
      return found.flatMap(toAddresses).filter(({ device }) => device.startsWith(namePrefix));
    },
    listRoutes: (namePrefix) => listRoutes(run, namePrefix),
    async ensureRoute({ destination, gateway, device = "", source }) {
      const way = gateway ? ["via", gateway] : ["dev", device, "scope", "link"];
      const words = [destination, ...way, "src", source, "proto", "static"];
      await ip(run, [], "route", "replace", ...words);
    },
    async deleteRoute({ destination, source }) {
      const found = (await listRoutes(run, "")).some(
        (route) => route.destination === destination && route.source === source,
      );
      if (found) await ip(run, [], "route", "delete", destination, "src", source);
    },
    deleteLink: (name) => deleteLink(run, [], name),
    close() {},
  };
}

async function createNetns(run: Run, file: string): Promise<void> {
  if (isPinned(file)) return;
  try {
    closeSync(openSync(file, "a"));
  } catch (error) {
    throw wrapNodeError(`create network namespace ${file}`, error);
  }
  expectSuccess(`create network namespace ${file}`, await run(["unshare", `--net=${file}`, "true"]));
}

async function removeNetns(run: Run, file: string): Promise<void> {
  if (isPinned(file)) {
    expectSuccess(`unpin network namespace ${file}`, await run(["umount", "--lazy", file]));
  }
  rmSync(file, { force: true });
}

async function ensurePair(run: Run, { netnsFile, hostDevice, mtu }: InstanceLink): Promise<void> {
  const inside = ["nsenter", `--net=${netnsFile}`];
  const hostEnd = await findLink(run, [], hostDevice);
  const peer = await findLink(run, inside, instanceDevice);
  if (hostEnd && peer?.link_index === hostEnd.ifindex) return;
  if (peer) await deleteLink(run, inside, instanceDevice);
  if (hostEnd) await deleteLink(run, [], hostDevice);
  const host = ["link", "add", hostDevice, "address", hostMac, "mtu", String(mtu), "type", "veth"];
  await ip(run, [], ...host, "peer", "name", instanceDevice, "mtu", String(mtu), "netns", netnsFile);
}

async function findLink(run: Run, prefix: readonly string[], name: string): Promise<IpLink | undefined> {
  return (await ip<IpLink>(run, prefix, "link", "show")).find((link) => link.ifname === name);
}

/** A device whose namespace goes may vanish between the look and the deletion. */
async function deleteLink(run: Run, prefix: readonly string[], name: string): Promise<boolean> {
  if (!(await findLink(run, prefix, name))) return false;
  try {
    await ip(run, prefix, "link", "delete", name);
    return true;
  } catch (error) {
    if (await findLink(run, prefix, name)) throw error;
    return false;
  }
}

async function listRoutes(run: Run, namePrefix: string): ReturnType<Network["listRoutes"]> {
  const found = await ip<IpRoute>(run, [], "-4", "-details", "route", "show", "table", "main");
  return found.map(toRoute).filter(({ device }) => device === undefined || device.startsWith(namePrefix));
}

async function ip<Item>(run: Run, prefix: readonly string[], ...args: readonly string[]): Promise<Item[]> {
  const [program, ...rest] = [...prefix, "ip", "-json", ...args];
  const { stdout } = expectSuccess(`ip ${args.join(" ")}`, await run([program as string, ...rest]));
  return stdout.trim() === "" ? [] : JSON.parse(stdout);
}

async function batch(
  run: Run,
  action: string,
  prefix: readonly string[],
  lines: readonly string[],
): Promise<void> {
  const [program, ...rest] = [...prefix, "ip", "-batch", "-"];
  expectSuccess(action, await run([program as string, ...rest], { input: lines.join("\n") }));
}

import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { tunnelDevice } from "../../../contract/index.ts";
import { isProgramIn, programFolders, run } from "../programs.ts";
import type { CleanupStep } from "../types.ts";

/** The kinds of device that we make: nobody else's tunnel or card is ever taken, whatever its name. */
const deviceKinds = ["veth", "bridge", "dummy"];

const linksSchema = z.array(
  z.object({ ifname: z.string(), linkinfo: z.object({ info_kind: z.string().optional() }).optional() }),
);

export const devices: CleanupStep = {
  kind: "network device",
  async find(paths) {
    if (!isInstalled("ip")) return [];
    const links = linksSchema.parse(
      JSON.parse((await run("ip", ["-json", "-details", "link", "show"])) || "[]"),
    );
    return links
      .filter(({ ifname, linkinfo }) => {
        const kind = linkinfo?.info_kind ?? "";
        if (ifname === tunnelDevice(paths)) return kind === "wireguard";
        return ifname.startsWith(paths.devicePrefix) && deviceKinds.includes(kind);
      })
      .map(({ ifname }) => ifname);
  },
  async remove(name) {
    await run("ip", ["link", "delete", name]);
  },
};

/** Where wireguard-go puts them. */
const tunnelSockets = "/run/wireguard";

/** By which a userspace tunnel was set up: one that was killed leaves it. */
export const tunnelSocket: CleanupStep = {
  kind: "tunnel's socket",
  async find(paths) {
    const socket = join(tunnelSockets, `${tunnelDevice(paths)}.sock`);
    return existsSync(socket) ? [socket] : [];
  },
  remove: async (socket) => rmSync(socket),
};

export const nftTable: CleanupStep = {
  kind: "nft table",
  async find({ id }) {
    if (!isInstalled("nft")) return [];
    const tables = (await run("nft", ["list", "tables"])).split("\n");
    return tables.includes(`table inet ${id}`) ? [`inet ${id}`] : [];
  },
  async remove(table) {
    await run("nft", ["delete", "table", ...table.split(" ")]);
  },
};

/** Without the program we cannot have made what it makes. */
function isInstalled(program: string): boolean {
  return isProgramIn(programFolders(), program);
}

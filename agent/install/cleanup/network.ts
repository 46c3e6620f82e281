import * as z from "zod";
import { isProgramIn, programFolders, run } from "../programs.ts";
import type { CleanupStep } from "../types.ts";

/** The kinds of device that we make: nobody else's tunnel or card is ever taken, whatever its name. */
const deviceKinds = ["veth", "bridge", "dummy"];

const linksSchema = z.array(
  z.object({ ifname: z.string(), linkinfo: z.object({ info_kind: z.string().optional() }).optional() }),
);

export const devices: CleanupStep = {
  kind: "network device",
  async find({ devicePrefix }) {
    if (!isInstalled("ip")) return [];
    const links = linksSchema.parse(
      JSON.parse((await run("ip", ["-json", "-details", "link", "show"])) || "[]"),
    );
    return links
      .filter(({ ifname, linkinfo }) => {
        return ifname.startsWith(devicePrefix) && deviceKinds.includes(linkinfo?.info_kind ?? "");
      })
      .map(({ ifname }) => ifname);
  },
  async remove(name) {
    await run("ip", ["link", "delete", name]);
  },
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

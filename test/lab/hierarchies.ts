import { join, relative } from "node:path";

/** A cgroup tree of this machine, and the directory in it that will hold one lab machine. */
export interface Hierarchy {
  readonly type: "cgroup" | "cgroup2";
  /** As mount(8) takes them: the controllers of a v1 tree, `rw` for v2. */
  readonly options: string;
  /** Where it is mounted, here and in the lab machine. */
  readonly mountPoint: string;
  /** The lab machine's own cgroup, as this machine sees it. */
  readonly directory: string;
}

/** One line of /proc/PID/mountinfo (proc(5)). */
export interface Mount {
  readonly mountPoint: string;
  /** The part of the file system that is mounted. */
  readonly root: string;
  readonly fileSystem: string;
  readonly source: string;
  /** Per mount. */
  readonly options: string;
  /** Per file system. */
  readonly superOptions: string;
}

export function parseMounts(mountinfo: string): Mount[] {
  return lines(mountinfo).map((line) => {
    const [front = "", back = ""] = line.split(" - ");
    const [, , , root = "", mountPoint = "", options = ""] = front.split(" ").map(unescapePath);
    const [fileSystem = "", source = "", superOptions = ""] = back.split(" ").map(unescapePath);
    return { mountPoint, root, fileSystem, source, options, superOptions };
  });
}

/**
 * Places a lab machine's cgroups below those this process is in, so that its limits hold for the lab machine too.
 * `mountinfo` and `memberships` are the texts of /proc/self/mountinfo and /proc/self/cgroup;
 * `delegates` tells whether a v2 directory hands controllers to its children.
 */
export function placeCgroups(
  name: string,
  mountinfo: string,
  memberships: string,
  delegates: (directory: string) => boolean,
): Hierarchy[] {
  const paths = parseMemberships(memberships);
  const visible = new Map(
    parseMounts(mountinfo)
      .filter(({ mountPoint }) => mountPoint === "/sys/fs/cgroup" || mountPoint.startsWith("/sys/fs/cgroup/"))
      .map((mount) => [mount.mountPoint, mount]),
  );
  return [...visible.values()].flatMap((mount): Hierarchy[] => {
    const { fileSystem: type, mountPoint } = mount;
    if (type !== "cgroup" && type !== "cgroup2") return [];
    const options = type === "cgroup2" ? "rw" : hierarchyOptions(mount.superOptions);
    const own = paths.get(type === "cgroup2" ? "" : membershipKey(options));
    if (own === undefined) return [];
    const current = join(mountPoint, relative(mount.root, own));
    const parent = type === "cgroup2" ? nearestDelegate(current, mountPoint, delegates) : current;
    return [{ type, options, mountPoint, directory: join(parent, name) }];
  });
}

/** A v2 cgroup with processes gives its children no controllers, so one that already does so is looked for. */
function nearestDelegate(current: string, top: string, delegates: (directory: string) => boolean): string {
  for (let directory = current; directory.startsWith(top); directory = join(directory, "..")) {
    if (delegates(directory)) return directory;
  }
  return current;
}

function hierarchyOptions(superOptions: string): string {
  const words = superOptions.split(",");
  return words
    .filter((word) => word !== "rw" && word !== "xattr" && !word.startsWith("release_agent="))
    .join(",");
}

function membershipKey(options: string): string {
  return options.split(",").sort().join(",");
}

/** The path of each hierarchy by its sorted controllers; "" is v2. */
function parseMemberships(text: string): Map<string, string> {
  return new Map(
    lines(text).map((line) => {
      const [, controllers = "", path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
      return [membershipKey(controllers), path];
    }),
  );
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

/** mountinfo writes blanks, tabs, newlines and backslashes in octal. */
function unescapePath(word: string): string {
  return word.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

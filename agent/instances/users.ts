import { ConstellationError } from "../../contract/index.ts";
import type { User } from "./types.ts";

/** The texts of a root's /etc/passwd and /etc/group; undefined where there is none. */
export interface UserFiles {
  readonly passwd: string | undefined;
  readonly group: string | undefined;
}

/**
 * Whom a process runs as. `wanted`: empty (root), `user`, `uid`, or either with `:group` or `:gid`.
 * Without a group it gets the user's own, 0 for a number nobody has, and the groups that list the user.
 * Throws `invalid` for a name that is not in the image.
 */
export function resolveUser(
  wanted: string,
  extraGroups: readonly string[],
  files: UserFiles,
): User & { readonly home: string } {
  const [name = "", groupName] = wanted.split(":", 2);
  const accounts = records(files.passwd);
  const groups = records(files.group);
  const account = accounts.find((fields) =>
    isNumber(name) ? fields[2] === name : fields[0] === (name || "root"),
  );
  if (account === undefined && name !== "" && !isNumber(name)) {
    throw new ConstellationError(
      "invalid",
      `user not found: ${name}; correct \`user\` or add it to the image's /etc/passwd`,
    );
  }
  const uid = account ? Number(account[2]) : Number(name || 0);
  const listed =
    account && groupName === undefined
      ? groups.filter((fields) => members(fields).includes(account[0] ?? ""))
      : [];
  return {
    uid,
    gid: groupName === undefined ? Number(account?.[3] ?? 0) : groupId(groupName, groups),
    groups: [
      ...new Set([
        ...listed.map((fields) => Number(fields[2])),
        ...extraGroups.map((group) => groupId(group, groups)),
      ]),
    ],
    home: account?.[5] || "/",
  };
}

function groupId(name: string, groups: readonly string[][]): number {
  if (isNumber(name)) return Number(name);
  const found = groups.find((fields) => fields[0] === name);
  if (found === undefined) {
    throw new ConstellationError(
      "invalid",
      `group not found: ${name}; correct it or add it to the image's /etc/group`,
    );
  }
  return Number(found[2]);
}

/** passwd(5) and group(5): fields between colons; a line whose number is none says nothing. */
function records(text: string | undefined): string[][] {
  return (text ?? "")
    .split("\n")
    .map((line) => line.split(":"))
    .filter((fields) => isNumber(fields[2] ?? ""));
}

function members(group: readonly string[]): string[] {
  return (group[3] ?? "").split(",");
}

function isNumber(text: string): boolean {
  return /^\d{1,10}$/.test(text);
}

import type { UnpackLimits } from "../limits.ts";
import type { Entry } from "./entries.ts";
import { refuse } from "./refusal.ts";

/** What one entry asks for. Paths are relative to the layer's root, without `.` and `..`; the root itself is "". */
export type Step =
  | { readonly kind: "file" | "folder" | "fifo"; readonly path: string }
  | { readonly kind: "symlink"; readonly path: string; readonly target: string }
  | { readonly kind: "hardlink"; readonly path: string; readonly target: string }
  /** Hides `path` of the layers below. */
  | { readonly kind: "whiteout"; readonly path: string }
  /** Hides everything that the layers below have in the folder `path`. */
  | { readonly kind: "opaque"; readonly path: string }
  /** Left out: devices (the runtime provides those that instances may have) and notes of old storage drivers. */
  | { readonly kind: "skip"; readonly path: string };

const whiteoutPrefix = ".wh.";
const metadataPrefix = ".wh..wh.";
const opaqueName = ".wh..wh..opq";

/** Reads an entry's meaning (image-spec, layer.md). @throws Refusal for names that lead out of the layer or are too long. */
export function decide(entry: Pick<Entry, "name" | "type" | "linkName">, limits: UnpackLimits): Step {
  const path = safePath(entry.name, entry.name, limits);
  const slash = path.lastIndexOf("/");
  const folder = slash < 0 ? "" : path.slice(0, slash);
  const name = path.slice(slash + 1);
  if (name === opaqueName) return { kind: "opaque", path: folder };
  if (name.startsWith(metadataPrefix)) return { kind: "skip", path };
  if (name.startsWith(whiteoutPrefix)) return whiteout(entry.name, folder, name.slice(whiteoutPrefix.length));
  if (path === "" && entry.type !== "5") throw refuse(entry.name, "would replace the image's root");
  switch (entry.type) {
    case "0":
    case "7":
      return { kind: "file", path };
    case "1":
      return { kind: "hardlink", path, target: safePath(entry.name, entry.linkName, limits) };
    case "2":
      return { kind: "symlink", path, target: symlinkTarget(entry, limits) };
    case "3":
    case "4":
      return { kind: "skip", path };
    case "5":
      return { kind: "folder", path };
    case "6":
      return { kind: "fifo", path };
    default:
      throw refuse(entry.name, `is of the unknown type ${JSON.stringify(entry.type)}`);
  }
}

function whiteout(entryName: string, folder: string, name: string): Step {
  if (name === "" || name === "." || name === "..")
    throw refuse(entryName, "hides nothing that can be named");
  return { kind: "whiteout", path: folder === "" ? name : `${folder}/${name}` };
}

/** Some builders name the root `/`; any other absolute name is refused, as is every `..`. */
function safePath(entryName: string, path: string, limits: UnpackLimits): string {
  if (path.includes("\0")) throw refuse(entryName, "has a null byte in its name");
  if (path.length > limits.pathBytes)
    throw refuse(entryName, `has a path longer than ${limits.pathBytes} bytes`);
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..") || (path.startsWith("/") && parts.length > 0)) {
    const subject = path === entryName ? "" : `links to ${path}, which `;
    throw refuse(entryName, `${subject}points outside of the image`);
  }
  if (parts.some((part) => part.length > limits.nameBytes)) {
    throw refuse(entryName, `has a name longer than ${limits.nameBytes} bytes`);
  }
  return parts.join("/");
}

/** May point anywhere: it is never followed here, and inside an instance it cannot leave the instance's root. */
function symlinkTarget({ name, linkName }: Pick<Entry, "name" | "linkName">, limits: UnpackLimits): string {
  if (linkName === "") throw refuse(name, "is a symbolic link to nothing");
  if (linkName.includes("\0")) throw refuse(name, "has a null byte in its target");
  if (linkName.length > limits.pathBytes)
    throw refuse(name, `has a target longer than ${limits.pathBytes} bytes`);
  return linkName;
}

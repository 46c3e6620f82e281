import * as fs from "node:fs";
import type { UnpackLimits } from "../limits.ts";
import type { NodeFiles } from "../types.ts";
import type { Entry } from "./entries.ts";
import { readable, refuse } from "./refusal.ts";

/** A layer's folder while it is filled. Each call takes the entry it serves, for its metadata and for errors. */
export interface Tree {
  addFile(path: string, entry: Entry): Promise<void>;
  addFolder(path: string, entry: Entry): void;
  addFifo(path: string, entry: Entry): void;
  addSymlink(path: string, target: string, entry: Entry): void;
  addHardLink(path: string, target: string, entry: Entry): void;
  hide(path: string, entry: Entry): void;
  hideBelow(path: string, entry: Entry): void;
  skip(entry: Entry): void;
  /** Sets the folders' times, which filling them changed. */
  finish(): void;
  count(): number;
  opaque(): string[];
  implied(): string[];
}

const whiteoutMode = 0o020000;
const fifoMode = 0o010000;
const createNew =
  fs.constants.O_CREAT | fs.constants.O_EXCL | fs.constants.O_WRONLY | fs.constants.O_NOFOLLOW;

/** Attributes that belong to the image; others speak of the builder's machine, or of overlayfs itself. */
const keptAttributes = /^(security\.capability$|user\.(?!overlay\.)|system\.posix_acl_(access|default)$)/;

export function openTree(root: string, files: NodeFiles, limits: UnpackLimits): Tree {
  /** The folders made here, by path: whatever is not in it is no folder, and nothing is created below it. */
  const folders = new Map<string, { mtime?: number }>([["", {}]]);
  const whiteouts = new Set<string>();
  const opaque = new Set<string>();
  const implied = new Set<string>();
  let entries = 0;
  const at = (path: string) => Buffer.from(`${root}/${path}`, "latin1");

  function count(entry: Entry): void {
    if (++entries > limits.entries)
      throw refuse(entry.name, `is one more than the ${limits.entries} a layer may have`);
  }

  function makeFolder(path: string, entry: Entry): void {
    const hidden = whiteouts.delete(path);
    if (hidden) {
      fs.unlinkSync(at(path));
      opaque.add(path);
    }
    try {
      fs.mkdirSync(at(path), 0o755);
    } catch (error) {
      if (!isExists(error)) throw error;
      throw refuse(entry.name, `goes through ${readable(path)}, which is not a folder`);
    }
    folders.set(path, {});
  }

  function makeParents(path: string, entry: Entry): void {
    const parent = parentOf(path);
    if (folders.has(parent)) return;
    makeParents(parent, entry);
    count(entry);
    makeFolder(parent, entry);
    implied.add(parent);
  }

  /** Makes something that is not a folder, in place of what an earlier entry of the same name made. */
  function place(path: string, entry: Entry, make: (path: Buffer) => void): void {
    count(entry);
    makeParents(path, entry);
    try {
      make(at(path));
    } catch (error) {
      if (!isExists(error)) throw error;
      remove(path);
      make(at(path));
    }
  }

  function remove(path: string): void {
    whiteouts.delete(path);
    if (!folders.has(path)) {
      fs.unlinkSync(at(path));
      return;
    }
    fs.rmSync(at(path), { recursive: true });
    for (const known of [folders, opaque, implied, whiteouts]) {
      for (const each of known.keys()) if (each === path || each.startsWith(`${path}/`)) known.delete(each);
    }
  }

  function setAttributes(path: string, entry: Entry): void {
    for (const [name, value] of entry.attributes) {
      if (!keptAttributes.test(name)) continue;
      try {
        files.setAttribute(at(path), name, Buffer.from(value, "latin1"));
      } catch (error) {
        const isUnsupported = ["ENOTSUP", "EOPNOTSUPP"].includes((error as NodeJS.ErrnoException).code ?? "");
        if (!isUnsupported || name === "security.capability") throw error;
      }
    }
  }

  return {
    async addFile(path, entry) {
      let descriptor = -1;
      place(path, entry, (target) => {
        descriptor = fs.openSync(target, createNew, entry.mode & 0o777);
      });
      try {
        for await (const piece of entry.content()) writeAll(descriptor, piece);
        fs.fchownSync(descriptor, entry.uid, entry.gid);
        if (entry.mode > 0o777) fs.fchmodSync(descriptor, entry.mode);
        setAttributes(path, entry);
        fs.futimesSync(descriptor, entry.mtime, entry.mtime);
      } finally {
        fs.closeSync(descriptor);
      }
    },
    addFolder(path, entry) {
      count(entry);
      if (!folders.has(path)) {
        makeParents(path, entry);
        if (exists(at(path)) && !whiteouts.has(path)) remove(path);
        makeFolder(path, entry);
      }
      implied.delete(path);
      fs.lchownSync(at(path), entry.uid, entry.gid);
      fs.chmodSync(at(path), entry.mode);
      setAttributes(path, entry);
      folders.set(path, { mtime: entry.mtime });
    },
    addFifo(path, entry) {
      place(path, entry, (target) => files.makeNode(target, fifoMode | (entry.mode & 0o777)));
      fs.lchownSync(at(path), entry.uid, entry.gid);
    },
    addSymlink(path, target, entry) {
      place(path, entry, (link) => fs.symlinkSync(Buffer.from(target, "latin1"), link));
      fs.lchownSync(at(path), entry.uid, entry.gid);
      fs.lutimesSync(at(path), entry.mtime, entry.mtime);
    },
    addHardLink(path, target, entry) {
      if (path === target) return;
      if (!folders.has(parentOf(target)) || whiteouts.has(target) || !exists(at(target))) {
        throw refuse(entry.name, `links to ${readable(target)}, which is not in the layer`);
      }
      if (folders.has(target)) throw refuse(entry.name, `links to the folder ${readable(target)}`);
      place(path, entry, (link) => fs.linkSync(at(target), link));
    },
    hide(path, entry) {
      count(entry);
      makeParents(path, entry);
      if (folders.has(path)) opaque.add(path);
      if (exists(at(path))) return;
      files.makeNode(at(path), whiteoutMode);
      whiteouts.add(path);
    },
    hideBelow(path, entry) {
      count(entry);
      makeParents(`${path}/.`, entry);
      opaque.add(path);
    },
    skip: count,
    finish() {
      for (const [path, { mtime }] of folders) if (mtime !== undefined) fs.utimesSync(at(path), mtime, mtime);
    },
    count: () => entries,
    opaque: () => [...opaque].sort(),
    implied: () => [...implied].sort(),
  };
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}

function writeAll(descriptor: number, piece: Buffer): void {
  for (let written = 0; written < piece.length; ) written += fs.writeSync(descriptor, piece, written);
}

function exists(path: Buffer): boolean {
  return fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function isExists(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "EEXIST";
}

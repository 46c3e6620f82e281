import * as fs from "node:fs";
import type { UnpackLimits } from "../limits.ts";
import type { NodeFiles } from "../types.ts";
import type { Entry } from "./entries.ts";
import { readable, refuse } from "./refusal.ts";

const whiteoutMode = 0o020000;
const fifoMode = 0o010000;
const createNew =
  fs.constants.O_CREAT | fs.constants.O_EXCL | fs.constants.O_WRONLY | fs.constants.O_NOFOLLOW;

/** Attributes that belong to the image; others speak of the builder's machine, or of overlayfs itself. */
const keptAttributes = /^(security\.capability$|user\.(?!overlay\.)|system\.posix_acl_(access|default)$)/;

/**
 * A layer's folder while it is filled. It was empty, and only this fills it: so what is known here is all there is.
 * Each call takes the entry it serves, for its metadata and for errors.
 */
export class LayerTree {
  readonly #root: string;
  readonly #files: NodeFiles;
  readonly #limits: UnpackLimits;
  /** The folders made here, with the time to set at the end: nothing is created below what is not among them. */
  readonly #folders = new Map<string, number | undefined>([["", undefined]]);
  readonly #whiteouts = new Set<string>();
  readonly #opaque = new Set<string>();
  readonly #implied = new Set<string>([""]);
  #entries = 0;

  constructor(root: string, files: NodeFiles, limits: UnpackLimits) {
    this.#root = root;
    this.#files = files;
    this.#limits = limits;
  }

  get entries(): number {
    return this.#entries;
  }

  /** Folders that hide what the layers below have in them. */
  get opaque(): string[] {
    return [...this.#opaque].sort();
  }

  /** Folders that no entry described, parents first. */
  get implied(): string[] {
    return [...this.#implied].sort();
  }

  async addFile(path: string, entry: Entry): Promise<void> {
    const descriptor = this.#place(path, entry, (target) =>
      fs.openSync(target, createNew, entry.mode & 0o777),
    );
    try {
      for await (const piece of entry.content()) writeAll(descriptor, piece);
      fs.fchownSync(descriptor, entry.uid, entry.gid);
      // After the owner, for a change of owner clears the setuid bit.
      if (entry.mode > 0o777) fs.fchmodSync(descriptor, entry.mode);
      this.#setAttributes(path, entry);
      fs.futimesSync(descriptor, entry.mtime, entry.mtime);
    } finally {
      fs.closeSync(descriptor);
    }
  }

  addFolder(path: string, entry: Entry): void {
    this.count(entry);
    if (!this.#folders.has(path)) {
      this.#makeParents(path, entry);
      if (!this.#whiteouts.has(path) && exists(this.#at(path))) this.#remove(path);
      this.#makeFolder(path, entry);
    }
    this.#implied.delete(path);
    fs.lchownSync(this.#at(path), entry.uid, entry.gid);
    fs.chmodSync(this.#at(path), entry.mode);
    this.#setAttributes(path, entry);
    this.#folders.set(path, entry.mtime);
  }

  addFifo(path: string, entry: Entry): void {
    this.#place(path, entry, (target) => this.#files.makeNode(target, fifoMode | (entry.mode & 0o777)));
    fs.lchownSync(this.#at(path), entry.uid, entry.gid);
    fs.lutimesSync(this.#at(path), entry.mtime, entry.mtime);
  }

  addSymlink(path: string, target: string, entry: Entry): void {
    this.#place(path, entry, (link) => fs.symlinkSync(Buffer.from(target, "latin1"), link));
    fs.lchownSync(this.#at(path), entry.uid, entry.gid);
    fs.lutimesSync(this.#at(path), entry.mtime, entry.mtime);
  }

  addHardLink(path: string, target: string, entry: Entry): void {
    if (path === target) return;
    const isThere = this.#folders.has(parentOf(target)) && exists(this.#at(target));
    if (!isThere || this.#whiteouts.has(target)) {
      throw refuse(entry.name, `links to ${readable(target)}, which is not in the layer`);
    }
    if (this.#folders.has(target)) throw refuse(entry.name, `links to the folder ${readable(target)}`);
    this.#place(path, entry, (link) => fs.linkSync(this.#at(target), link));
  }

  /** A whiteout speaks of the layers below: what this layer has under that name stays (image-spec, layer.md). */
  hide(path: string, entry: Entry): void {
    this.count(entry);
    this.#makeParents(path, entry);
    if (this.#folders.has(path)) this.#opaque.add(path);
    if (exists(this.#at(path))) return;
    this.#files.makeNode(this.#at(path), whiteoutMode);
    this.#whiteouts.add(path);
  }

  hideBelow(path: string, entry: Entry): void {
    this.count(entry);
    this.#makeParents(`${path}/.`, entry);
    this.#opaque.add(path);
  }

  count(entry: Entry): void {
    const { entries } = this.#limits;
    if (++this.#entries > entries)
      throw refuse(entry.name, `is one more than the ${entries} a layer may have`);
  }

  /** Sets the folders' times, which filling them changed. */
  finish(): void {
    for (const [path, mtime] of this.#folders) {
      if (mtime !== undefined) fs.utimesSync(this.#at(path), mtime, mtime);
    }
  }

  #at(path: string): Buffer {
    return Buffer.from(`${this.#root}/${path}`, "latin1");
  }

  #makeParents(path: string, entry: Entry): void {
    const parent = parentOf(path);
    if (this.#folders.has(parent)) return;
    this.#makeParents(parent, entry);
    this.count(entry);
    this.#makeFolder(parent, entry);
    this.#implied.add(parent);
  }

  /** A folder where this layer had a whiteout still hides what is below. */
  #makeFolder(path: string, entry: Entry): void {
    if (this.#whiteouts.delete(path)) {
      fs.unlinkSync(this.#at(path));
      this.#opaque.add(path);
    }
    try {
      fs.mkdirSync(this.#at(path), 0o755);
    } catch (error) {
      if (!isExists(error)) throw error;
      throw refuse(entry.name, `goes through ${readable(path)}, which is not a folder`);
    }
    this.#folders.set(path, undefined);
  }

  /** Makes something that is not a folder, in place of what an earlier entry of the same name made. */
  #place<T>(path: string, entry: Entry, make: (path: Buffer) => T): T {
    this.count(entry);
    this.#makeParents(path, entry);
    try {
      return make(this.#at(path));
    } catch (error) {
      if (!isExists(error)) throw error;
      this.#remove(path);
      return make(this.#at(path));
    }
  }

  #remove(path: string): void {
    if (!this.#folders.has(path)) {
      this.#whiteouts.delete(path);
      fs.unlinkSync(this.#at(path));
      return;
    }
    fs.rmSync(this.#at(path), { recursive: true });
    for (const known of [this.#folders, this.#whiteouts, this.#opaque, this.#implied]) {
      for (const each of known.keys()) if (each === path || each.startsWith(`${path}/`)) known.delete(each);
    }
  }

  #setAttributes(path: string, entry: Entry): void {
    for (const [name, value] of entry.attributes) {
      if (!keptAttributes.test(name)) continue;
      try {
        this.#files.setAttribute(this.#at(path), name, Buffer.from(value, "latin1"));
      } catch (error) {
        // A filesystem without user attributes loses nothing that a program needs; a capability it does need.
        const isUnsupported = ["ENOTSUP", "EOPNOTSUPP"].includes((error as NodeJS.ErrnoException).code ?? "");
        if (!isUnsupported || name === "security.capability") throw error;
      }
    }
  }
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

import { createRequire } from "node:module";
import { AdapterError, errnoError } from "./error.ts";

/**
 * File calls that Node lacks, for unpacking layers: chroot, capset, mknod, setxattr, openat2.
 * They throw AdapterErrors, and know nothing of layers.
 */

const PR_SET_KEEPCAPS = 8;
const CAPABILITY_VERSION_3 = 0x20080522;
const nobody = 65534;
/** Linux numbers: to change owners, pass permission checks, change modes, keep setuid bits, set file capabilities. */
const keptCapabilities = { chown: 0, dacOverride: 1, fowner: 3, fsetid: 4, setfcap: 31 };

const SYS_openat2 = 437;
const AT_FDCWD = -100;
const O_DIRECTORY_FLAGS = { x64: 0o200000, arm64: 0o40000 };
const O_CLOEXEC = 0o2000000;
const RESOLVE_NO_XDEV = 1;
const RESOLVE_NO_SYMLINKS = 4;
const RESOLVE_BENEATH = 8;

type Argument = number | string | Buffer;
type Call = (...args: Argument[]) => number;

export interface FileCalls {
  confine(folder: string): void;
  makeNode(path: Buffer, mode: number): void;
  setAttribute(path: Buffer, name: string, value: Buffer): void;
  sync(folder: string): void;
  openFolder(root: string, path: Buffer): number | undefined;
  setAttributeOf(descriptor: number, name: string, value: Buffer): void;
}

/** Loads the calls. They block; each takes microseconds, but for `sync`. */
export function createFileCalls(): FileCalls {
  const koffi: typeof import("koffi") = createRequire(import.meta.url)("koffi");
  const libc = koffi.load("libc.so.6");
  const define = (prototype: string) => libc.func(prototype) as Call;
  const calls = {
    chroot: define("int chroot(const char *path)"),
    prctl: define(
      "int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)",
    ),
    capset: define("int capset(void *header, const void *data)"),
    mknod: define("int mknod(const void *path, unsigned int mode, unsigned long device)"),
    lsetxattr: define(
      "int lsetxattr(const void *path, const char *name, const void *value, size_t size, int flags)",
    ),
    fsetxattr: define("int fsetxattr(int fd, const char *name, const void *value, size_t size, int flags)"),
    openat2: define("long syscall(long number, int folder, const void *path, const void *how, size_t size)"),
    syncfs: define("int syncfs(int fd)"),
    close: define("int close(int fd)"),
  };
  const call = (name: keyof typeof calls, ...args: Argument[]): number => {
    const result = calls[name](...args);
    if (result < 0) throw errnoError(name, koffi.errno());
    return result;
  };
  const openIn = (folder: number, path: Buffer, resolve: number): number => {
    const flags = directoryFlag() | O_CLOEXEC;
    const how = Buffer.alloc(24);
    how.writeBigUInt64LE(BigInt(flags), 0);
    how.writeBigUInt64LE(BigInt(resolve), 16);
    return call("openat2", SYS_openat2, folder, terminated(path), how, how.length);
  };

  return {
    confine(folder) {
      call("chroot", folder);
      process.chdir("/");
      // The C library changes ids on all threads, which so lose every capability; this one keeps them for capset.
      call("prctl", PR_SET_KEEPCAPS, 1, 0, 0, 0);
      dropIdentity();
      call("capset", capabilityHeader(), capabilityData(Object.values(keptCapabilities)));
    },
    makeNode(path, mode) {
      call("mknod", terminated(path), mode, 0);
    },
    setAttribute(path, name, value) {
      call("lsetxattr", terminated(path), name, value, value.length, 0);
    },
    sync(folder) {
      const descriptor = openIn(AT_FDCWD, Buffer.from(folder), 0);
      try {
        call("syncfs", descriptor);
      } finally {
        calls.close(descriptor);
      }
    },
    setAttributeOf(descriptor, name, value) {
      call("fsetxattr", descriptor, name, value, value.length, 0);
    },
    openFolder(root, path) {
      const rootDescriptor = openIn(AT_FDCWD, Buffer.from(root), 0);
      try {
        return openIn(rootDescriptor, path, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
      } catch (error) {
        if (error instanceof AdapterError && error.code === "ENOENT") return undefined;
        throw error;
      } finally {
        calls.close(rootDescriptor);
      }
    },
  };
}

function dropIdentity(): void {
  process.setgroups?.([]);
  process.setgid?.(nobody);
  process.setuid?.(nobody);
}

function directoryFlag(): number {
  return process.arch === "arm64" ? O_DIRECTORY_FLAGS.arm64 : O_DIRECTORY_FLAGS.x64;
}

function capabilityHeader(): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(CAPABILITY_VERSION_3, 0);
  return header;
}

/** Two sets of {effective, permitted, inheritable}; ours are all among the first 32. */
function capabilityData(numbers: readonly number[]): Buffer {
  const mask = numbers.reduce((bits, number) => bits + 2 ** number, 0);
  const data = Buffer.alloc(24);
  data.writeUInt32LE(mask, 0);
  data.writeUInt32LE(mask, 4);
  return data;
}

function terminated(path: Buffer): Buffer {
  return Buffer.concat([path, Buffer.of(0)]);
}

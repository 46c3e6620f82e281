import { createRequire } from "node:module";
import type { LibraryHandle } from "koffi";

/** One bound C function: numbers, strings, buffers in; a number out. */
interface CFunction {
  (...args: readonly unknown[]): number;
  /** The same on a thread of the pool; the last argument is called back with the result. */
  async(...args: readonly unknown[]): void;
}

/** The calls this folder makes. Each returns what C returns; `errno()` right after a failed call says why. */
export interface Libc {
  readonly mount: CFunction;
  readonly umount2: CFunction;
  readonly unshare: CFunction;
  readonly setns: CFunction;
  readonly socket: CFunction;
  readonly setsockopt: CFunction;
  readonly getsockopt: CFunction;
  readonly send: CFunction;
  readonly recv: CFunction;
  readonly pipe2: CFunction;
  readonly fcntl: CFunction;
  readonly ioctl: CFunction;
  readonly waitpid: CFunction;
  readonly clockGettime: CFunction;
  readonly syscall: CFunction;
  readonly posixSpawnp: CFunction;
  readonly fileActionsInit: CFunction;
  readonly fileActionsDestroy: CFunction;
  readonly fileActionsDup2: CFunction;
  readonly fileActionsOpen: CFunction;
  readonly fileActionsChdir: CFunction;
  /** Absent before glibc 2.34: the child then inherits what the agent itself was given without close-on-exec. */
  readonly fileActionsCloseFrom: CFunction | undefined;
  readonly attributesInit: CFunction;
  readonly attributesSetFlags: CFunction;
  readonly attributesSetMask: CFunction;
  readonly attributesSetDefault: CFunction;
  errno(): number;
  /**
   * Makes a call that may block on another thread, one of libuv's pool: this one goes on meanwhile. What it points to
   * (buffers) must be held until it resolves.
   */
  aside(call: CFunction, ...args: readonly unknown[]): Promise<Outcome>;
  /** Calls back once when `fd` becomes readable; the returned function ends the watch early. Keeps the loop alive. */
  onceReadable(fd: number, callback: () => void): () => void;
}

export interface Outcome {
  readonly result: number;
  /** Of that call, where its result says that it failed. */
  readonly errno: number;
}

const signatures = {
  mount: "int mount(const char*, const char*, const char*, unsigned long, const char*)",
  umount2: "int umount2(const char*, int)",
  unshare: "int unshare(int)",
  setns: "int setns(int, int)",
  socket: "int socket(int, int, int)",
  setsockopt: "int setsockopt(int, int, int, const void*, unsigned int)",
  getsockopt: "int getsockopt(int, int, int, void*, void*)",
  send: "long send(int, const void*, size_t, int)",
  recv: "long recv(int, void*, size_t, int)",
  pipe2: "int pipe2(void*, int)",
  fcntl: "int fcntl(int, int, long)",
  ioctl: "int ioctl(int, unsigned long, void*)",
  waitpid: "int waitpid(int, void*, int)",
  clockGettime: "int clock_gettime(int, void*)",
  syscall: "long syscall(long, long, long, long, long)",
  posixSpawnp: "int posix_spawnp(void*, const char*, void*, void*, const char**, const char**)",
  fileActionsInit: "int posix_spawn_file_actions_init(void*)",
  fileActionsDestroy: "int posix_spawn_file_actions_destroy(void*)",
  fileActionsDup2: "int posix_spawn_file_actions_adddup2(void*, int, int)",
  fileActionsOpen: "int posix_spawn_file_actions_addopen(void*, int, const char*, int, unsigned int)",
  fileActionsChdir: "int posix_spawn_file_actions_addchdir_np(void*, const char*)",
  attributesInit: "int posix_spawnattr_init(void*)",
  attributesSetFlags: "int posix_spawnattr_setflags(void*, short)",
  attributesSetMask: "int posix_spawnattr_setsigmask(void*, const void*)",
  attributesSetDefault: "int posix_spawnattr_setsigdefault(void*, const void*)",
} as const satisfies Partial<Record<keyof Libc, string>>;

const closeFromSignature = "int posix_spawn_file_actions_addclosefrom_np(void*, int)";

let loaded: Libc | undefined;

/**
 * The C library of this process, bound once: dlopen would hand out the same library anyway, and it holds no state of
 * ours. Loaded at the first factory's call, not at import, so that a machine without glibc or koffi's prebuilt addon
 * can still use the command-line twins. Throws koffi's error there.
 */
export function loadLibc(): Libc {
  loaded ??= bind();
  return loaded;
}

function bind(): Libc {
  const koffi: typeof import("koffi") = createRequire(import.meta.url)("koffi");
  const library: LibraryHandle = koffi.load("libc.so.6");
  const functions = Object.fromEntries(
    Object.entries(signatures).map(([name, signature]) => [name, library.func(signature)]),
  ) as unknown as Record<keyof typeof signatures, CFunction>;
  return {
    ...functions,
    fileActionsCloseFrom: bindOptional(library, closeFromSignature),
    errno: () => koffi.errno(),
    aside: (call, ...args) =>
      new Promise((resolve, reject) => {
        call.async(...args, (error: unknown, result: number) =>
          error ? reject(error) : resolve({ result, errno: koffi.errno() }),
        );
      }),
    onceReadable(fd, callback) {
      let open = true;
      const close = () => {
        if (open) handle.close();
        open = false;
      };
      const handle = koffi.node.poll(fd, () => {
        close();
        callback();
      });
      return close;
    },
  };
}

function bindOptional(library: LibraryHandle, signature: string): CFunction | undefined {
  try {
    return library.func(signature);
  } catch {
    return undefined; // An older library lacks the symbol; the member's comment says what that means.
  }
}

import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { fingerprint } from "../lib/hash.mjs";
import { cache, pinnedTools, programs, root } from "../lib/places.mjs";
import { findProgram, run } from "../lib/run.mjs";
import { makeFolder } from "./draft.mjs";
import { copyPythonExecutor } from "./pulumi-python.mjs";
import { downloadPulumi, pulumiVersion } from "./pulumi-release.mjs";

/**
 * Programs built from one module below tools/go, which pins them and all they are made of.
 *
 * @typedef {object} GoModule
 * @property {string} folder
 * @property {string} [version] what `pulumi version` and the language hosts call themselves
 * @property {Record<string, string>} programs name to package
 */

/** @type {Record<"etcd" | "wireguard" | "cli" | "hosts" | "generator" | "history", GoModule>} */
const modules = {
  etcd: {
    folder: "etcd",
    programs: {
      etcd: "go.etcd.io/etcd/server/v3",
      etcdctl: "go.etcd.io/etcd/etcdctl/v3",
      etcdutl: "go.etcd.io/etcd/etcdutl/v3",
    },
  },
  // For hosts whose kernel has no WireGuard.
  wireguard: { folder: "wireguard", programs: { "wireguard-go": "golang.zx2c4.com/wireguard" } },
  cli: {
    folder: "pulumi",
    version: pulumiVersion,
    programs: {
      pulumi: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
      "pulumi-language-yaml": "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
      "pulumi-converter-yaml": "github.com/pulumi/pulumi-yaml/cmd/pulumi-converter-yaml",
    },
  },
  // The last release of sdk/v3 that holds these; newer ones are not published as Go modules.
  hosts: {
    folder: "language-hosts",
    version: "v3.68.0",
    programs: {
      "pulumi-language-nodejs": "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
      "pulumi-language-python": "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python",
    },
  },
  generator: { folder: "pulumi", programs: { gen: "./gen" } },
  history: { folder: "porcupine", programs: { "check-history": "./check-history" } },
};

/** @type {import("./step.mjs").Step} */
export const etcdTools = {
  name: "etcd",
  missing: () =>
    existsSync(etcdFolder()) ? undefined : "building the pinned release with Go (about half a minute)",
  make: () => makeFolder(etcdFolder(), (folder) => build(modules.etcd, folder)),
};

/** @type {import("./step.mjs").Step} */
export const wireguardTools = {
  name: "WireGuard",
  missing: () => (existsSync(wireguardFolder()) ? undefined : "building its userspace program with Go"),
  make: () => makeFolder(wireguardFolder(), (folder) => build(modules.wireguard, folder)),
};

/** Only where the user has no CLI of their own: theirs brings its language hosts along. @type {import("./step.mjs").Step} */
export const pulumiTools = {
  name: "Pulumi CLI",
  missing: () =>
    hasOwnPulumi() || existsSync(pulumiFolder())
      ? undefined
      : `downloading ${pulumiVersion}, or building it with Go where that cannot be reached (about four minutes, once)`,
  make: () =>
    makeFolder(pulumiFolder(), (folder) => {
      if (downloadPulumi(folder)) return;
      build(modules.cli, folder);
      build(modules.hosts, folder);
      copyPythonExecutor(folder, moduleFolder(modules.hosts));
    }),
};

/** @type {import("./step.mjs").Step} */
export const generatorTools = {
  name: "SDK generator",
  only: ["generate", "test"],
  missing: () => (existsSync(generatorFolder()) ? undefined : "building it with Go"),
  make: () => makeFolder(generatorFolder(), (folder) => build(modules.generator, folder)),
};

/** @type {import("./step.mjs").Step} */
export const historyTools = {
  name: "linearizability checker",
  only: ["test"],
  missing: () => (existsSync(historyFolder()) ? undefined : "building it with Go"),
  make: () => makeFolder(historyFolder(), (folder) => build(modules.history, folder)),
};

/** Folders of the cache whose programs this clone uses. */
export const toolFolders = () =>
  [
    etcdFolder(),
    wireguardFolder(),
    generatorFolder(),
    historyFolder(),
    ...(hasOwnPulumi() ? [] : [pulumiFolder()]),
  ].filter((folder) => existsSync(folder));

const etcdFolder = () => cacheFolder("etcd", ["etcd/go.mod", "etcd/go.sum"]);
const wireguardFolder = () => cacheFolder("wireguard", ["wireguard/go.mod", "wireguard/go.sum"]);
const pulumiFolder = () =>
  cacheFolder("pulumi", ["pulumi/go.mod", "pulumi/go.sum", "language-hosts/go.mod", "language-hosts/go.sum"]);
const generatorFolder = () => cacheFolder("generator", ["pulumi"]);
const historyFolder = () => cacheFolder("history", ["porcupine"]);

/** A pulumi that is not one of ours. */
const hasOwnPulumi = () => findProgram("pulumi", [pinnedTools, programs]) !== undefined;

/**
 * @param {string} name
 * @param {readonly string[]} sources below tools/go: what decides the result
 */
function cacheFolder(name, sources) {
  const files = sources.map((path) => join("tools", "go", path));
  return join(cache, "tools", `${name}-${fingerprint(files, [process.platform, process.arch])}`);
}

/** Which of these programs a kit has. */
const inKit = /** @type {const} */ ({ etcd: "etcd", "wireguard-go": "wireguard" });

/** @typedef {keyof typeof inKit} KitProgram */

/** One program alone, for a kit. @param {KitProgram} name @param {string} goarch @returns {string} the program */
export function pinnedProgramFor(name, goarch) {
  const { folder: source, programs } = modules[inKit[name]];
  const folder = `${cacheFolder(`${name}-kit`, [`${source}/go.mod`, `${source}/go.sum`])}-${goarch}`;
  const only = { folder: source, programs: { [name]: programs[name] ?? "" } };
  if (!existsSync(folder)) makeFolder(folder, (draft) => build(only, draft, { GOARCH: goarch }));
  return join(folder, name);
}

/**
 * @param {GoModule} module
 * @param {string} folder
 * @param {Record<string, string>} [platform]
 */
function build({ folder: source, version, programs: built }, folder, platform = {}) {
  if (findProgram("go") === undefined) {
    throw new Error("go not found; install Go 1.25 or newer (https://go.dev/dl)");
  }
  const stampVersion = `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${version}`;
  const flags = ["-trimpath", "-ldflags", version === undefined ? "-s -w" : `-s -w ${stampVersion}`];
  run("go", ["build", ...flags, "-o", `${folder}/`, ...Object.values(built)], goIn(source, platform));
  for (const [name, path] of Object.entries(built)) {
    const named = join(folder, lastElement(path));
    if (named !== join(folder, name)) renameSync(named, join(folder, name));
  }
}

/** @param {GoModule} module */
function moduleFolder({ folder }) {
  return run("go", ["list", "-m", "-f", "{{.Dir}}", "github.com/pulumi/pulumi/sdk/v3"], goIn(folder)).trim();
}

/**
 * Static programs, and nothing but what go.mod and go.sum name.
 *
 * @param {string} folder
 * @param {Record<string, string>} [platform]
 */
const goIn = (folder, platform = {}) => ({
  cwd: join(root, "tools", "go", folder),
  env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly -buildvcs=false", ...platform },
});

/** How Go names the program of a package: its last element that is not a major version. @param {string} path */
const lastElement = (path) =>
  path
    .split("/")
    .filter((element) => !/^v\d+$/.test(element))
    .at(-1) ?? path;

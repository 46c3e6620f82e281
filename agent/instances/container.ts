import type { ImageConfig } from "../../contract/images/index.ts";
import { ConstellationError } from "../../contract/index.ts";
import type { Placement } from "../session/index.ts";
import { expandEnvironment, expandText } from "./expand.ts";
import type { Container, ContainerMount } from "./types.ts";
import { resolveUser, type UserFiles } from "./users.ts";
import { resourcesOf, shmBytesOf, type Workload } from "./workload.ts";

/** All that a container is made of. */
export interface Ingredients {
  readonly placement: Placement;
  readonly host: string;
  readonly workload: Workload;
  readonly image: ImageConfig;
  readonly userFiles: UserFiles;
  /** Values of the secrets delivered as variables, by the variable's name. */
  readonly secretEnv: Readonly<Record<string, string>>;
  readonly root: string;
  readonly netnsFile: string;
  readonly mounts: readonly ContainerMount[];
}

const searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Merges what the image says and what the user says. Throws `invalid`: no command, an unknown user or group. */
export function containerOf(from: Ingredients): Container {
  const { placement, workload, image } = from;
  const { home, ...user } = resolveUser(workload.user ?? image.user, workload.groups ?? [], from.userFiles);
  const hostname = workload.hostname ?? placement.name;
  const env = environmentOf(from, hostname, home);
  return {
    id: placement.id,
    root: from.root,
    readOnlyRoot: workload.security?.readOnlyRoot ?? false,
    hostname,
    argv: argvOf(workload, image, env),
    env,
    user,
    workingDir: workload.workingDir ?? image.workingDir,
    capabilities: {
      add: workload.security?.capabilities?.add ?? [],
      drop: workload.security?.capabilities?.drop ?? [],
    },
    noNewPrivileges: workload.security?.noNewPrivileges ?? true,
    seccomp: workload.security?.seccomp ?? "default",
    rlimits: workload.ulimits ?? {},
    resources: resourcesOf(workload),
    netnsFile: from.netnsFile,
    mounts: from.mounts,
    shmBytes: shmBytesOf(workload),
  };
}

/** `command` replaces ENTRYPOINT and drops CMD; `args` replaces CMD. */
function argvOf(
  { command, args }: Workload,
  image: ImageConfig,
  env: Readonly<Record<string, string>>,
): string[] {
  const lookUp = (name: string) => (Object.hasOwn(env, name) ? env[name] : undefined);
  const expand = (field: string, words: readonly string[] | undefined) =>
    words?.map((word, index) => expandText(word, lookUp, `${field}[${index}]`));
  const front = expand("command", command) ?? image.entrypoint;
  const back = expand("args", args) ?? (command === undefined ? image.cmd : []);
  const argv = [...front, ...back];
  if (argv.length > 0) return argv;
  throw new ConstellationError(
    "invalid",
    "no command: the image names neither ENTRYPOINT nor CMD; set `command`",
  );
}

/** The image's variables, ours, the user's, the secrets: later ones replace earlier ones. */
function environmentOf(
  { placement, host, workload, image, secretEnv }: Ingredients,
  hostname: string,
  home: string,
) {
  const ofImage = Object.fromEntries(
    image.env.flatMap((line) => {
      const end = line.indexOf("=");
      return end > 0 ? [[line.slice(0, end), line.slice(end + 1)]] : [];
    }),
  );
  const given = {
    PATH: searchPath,
    HOME: home,
    ...ofImage,
    HOSTNAME: hostname,
    CONSTELLATION_SERVICE: placement.service,
    CONSTELLATION_INSTANCE: placement.name,
    CONSTELLATION_INDEX: String(placement.index),
    CONSTELLATION_HOST: host,
    CONSTELLATION_ADDRESS: placement.address,
  };
  return { ...expandEnvironment({ ...given, ...secretEnv }, workload.env ?? {}), ...secretEnv };
}

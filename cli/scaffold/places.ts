import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** What a program folder refers to outside of itself; undefined where it is not there. */
export interface Places {
  /** Packages that npm and pip install from their folders. */
  readonly typescriptSdk: string | undefined;
  readonly pythonSdk: string | undefined;
  /** The folder that holds the provider plugin. */
  readonly plugins: string | undefined;
  /** An OCI layout with an image named `busybox`. */
  readonly images: string | undefined;
}

/** `here` is a folder two below the clone's root: this code's, in a bundle as in the sources. */
export function findPlaces(env: NodeJS.ProcessEnv, here: string): Places {
  const named = env.CONSTELLATION_SDK ? resolve(env.CONSTELLATION_SDK) : undefined;
  const root = named === undefined ? join(here, "..", "..") : dirname(dirname(named));
  const typescriptSdk = named ?? join(root, "sdk", "nodejs");
  return {
    typescriptSdk: present(typescriptSdk, "package.json"),
    pythonSdk: present(join(root, "sdk", "python"), "pyproject.toml"),
    plugins: present(join(root, "dist", "bin"), "pulumi-resource-constellation"),
    images: [env.CONSTELLATION_IMAGES, join(root, ".images")].find((folder) => hasBusybox(folder)),
  };
}

function present(folder: string, file: string): string | undefined {
  return existsSync(join(folder, file)) ? folder : undefined;
}

function hasBusybox(folder: string | undefined): folder is string {
  if (!folder) return false;
  try {
    const index = JSON.parse(readFileSync(join(folder, "index.json"), "utf8")) as {
      manifests?: { annotations?: Record<string, string> }[];
    };
    return (index.manifests ?? []).some(
      ({ annotations }) => annotations?.["org.opencontainers.image.ref.name"] === "busybox",
    );
  } catch {
    return false; // no layout there: nothing to refer to
  }
}

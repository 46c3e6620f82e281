import { Cluster } from "./cluster.ts";
import { ConfigFile } from "./config-file.ts";
import { Host } from "./host.ts";
import { Network } from "./network.ts";
import { Secret } from "./secret.ts";
import { Service } from "./service.ts";

/** Every resource of the product. Generators, both sides of the API, the command and the reference loop over it. */
export const resources = { Cluster, Host, Service, Secret, ConfigFile, Network } as const;

export type Kind = keyof typeof resources;
/** Kinds that are nothing but documents. */
export type DocumentKind = Exclude<Kind, "Cluster" | "Host">;
